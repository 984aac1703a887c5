using System.Buffers.Binary;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Gguf;

/// <summary>What becomes of models that are written as GGUF, and which are not.</summary>
public sealed class Exporting : IDisposable
{
    private readonly TempDirectory directory = new();

    private string Output => Path.Combine(directory.Path, "model.gguf");

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Keys_say_what_config_json_says()
    {
        using GgufExport export = Open(TinyModel.Family("qwen3"));
        export.Metadata["general.architecture"].ShouldBe("qwen3");
        export.Metadata["general.file_type"].ShouldBe(0u);
        export.Metadata["qwen3.block_count"].ShouldBe((uint)TinyModel.Family("qwen3").Int("num_hidden_layers", 0));
        export.Metadata["qwen3.embedding_length"].ShouldBe((uint)TinyModel.Family("qwen3").Int("hidden_size", 0));
        export.Metadata["qwen3.attention.head_count_kv"]
            .ShouldBe((uint)TinyModel.Family("qwen3").Int("num_key_value_heads", 0));
    }

    [Fact]
    public void Without_a_type_matrices_stay_as_they_are_stored()
    {
        using GgufExport export = Open(TinyModel.Llama(), new(), ElementType.BF16);
        export.Type.ShouldBe(GgufElementType.BF16);
        export.Tensors.Single(tensor => tensor.Name == "blk.0.ffn_up.weight").Type.ShouldBe(GgufElementType.BF16);
        export.Tensors.Single(tensor => tensor.Name == "blk.0.ffn_norm.weight").Type.ShouldBe(GgufElementType.F32);
    }

    [Fact]
    public void Rows_that_are_no_whole_blocks_keep_half_precision()
    {
        using GgufExport export = Open(TinyModel.Llama(), new(GgufElementType.Q8_0));
        export.Tensors.Single(tensor => tensor.Name == "blk.0.ffn_up.weight").Type.ShouldBe(GgufElementType.F16);
    }

    [Fact]
    public void Matrices_that_cannot_have_the_type_are_told_of()
    {
        using GgufExport export = Open(TinyModel.Llama(), new(GgufElementType.Q4_0));
        Diagnostic note = export.Deviations.Single(deviation => deviation.Descriptor == GgufDiagnostics.NotQuantized);
        note.Message.ShouldContain("rows of 16");
    }

    [Fact]
    public void A_name_by_which_llama_cpp_would_look_for_tokens_that_are_not_there_is_written_otherwise()
    {
        using GgufExport export = Open(TinyModel.Llama(), new(GgufElementType.F32) { Name = "tiny-Phi3-50" });
        export.Metadata["general.name"].ShouldBe("tiny-Phi 3-50");
    }

    [Fact]
    public void Four_bits_leave_eight_to_what_the_logits_come_from()
    {
        using GgufExport untied = Open(
            TinyModel.Family("llama32", """{"tie_word_embeddings": false}"""),
            new(GgufElementType.Q4_0),
            addHead: true);
        Type(untied, "output.weight").ShouldBe(GgufElementType.Q8_0);
        Type(untied, "token_embd.weight").ShouldBe(GgufElementType.Q4_0);
        Type(untied, "blk.0.attn_output.weight").ShouldBe(GgufElementType.Q4_0);

        using GgufExport tied = Open(TinyModel.Family("llama32"), new(GgufElementType.Q4_0));
        Type(tied, "token_embd.weight").ShouldBe(GgufElementType.Q8_0);

        static GgufElementType Type(GgufExport export, string name)
            => export.Tensors.Single(tensor => tensor.Name == name).Type;
    }

    [Fact]
    public void Data_is_aligned_and_fills_the_file()
    {
        using GgufExport export = Open(TinyModel.Llama(), new(GgufElementType.F16));
        export.Write(Output, default);
        byte[] file = File.ReadAllBytes(Output);
        file.Length.ShouldBe((int)export.ByteLength);
        BinaryPrimitives.ReadUInt32LittleEndian(file).ShouldBe(0x46554747u);
        (file.Length % 32).ShouldBe(0);
    }

    [Fact]
    public void Files_beyond_the_limit_come_in_numbered_parts()
    {
        using GgufExport export = Open(TinyModel.Llama(), new(GgufElementType.F32) { PartLength = 8000 });
        IReadOnlyList<string> files = export.Files(Output);
        files.Count.ShouldBeGreaterThan(2);
        Path.GetFileName(files[1]).ShouldBe($"model-00002-of-{files.Count:00000}.gguf");
        export.Write(Output, default);
        Directory.GetFiles(directory.Path, "*.gguf").Order().ShouldBe(files);
    }

    [Fact]
    public void What_stood_there_stays_where_an_export_is_cancelled()
    {
        File.WriteAllText(Output, "before");
        using GgufExport export = Open(TinyModel.Llama());
        Should.Throw<OperationCanceledException>(() => export.Write(Output, new CancellationToken(canceled: true)));
        File.ReadAllText(Output).ShouldBe("before");
        Directory.GetFiles(directory.Path).ShouldNotContain(file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(float.NaN, GgufElementType.F32, "SLM2015")]
    [InlineData(1e6f, GgufElementType.F16, "SLM2006")]
    public void A_value_that_the_type_does_not_hold_is_an_error_that_leaves_nothing(
        float value,
        GgufElementType type,
        string code)
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Tensors["model.layers.1.mlp.up_proj.weight"].Values[7] = value;
        using GgufExport export = Open(tiny, new(type));
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => export.Write(Output, default)).Diagnostics
            .ShouldHaveSingleItem();
        diagnostic.Code.ShouldBe(code);
        diagnostic.Message.ShouldContain("'model.layers.1.mlp.up_proj.weight'");
        Directory.GetFiles(directory.Path, "*gguf*").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("opt", "{}", "does not know OPTForCausalLM")]
    [InlineData("gptj", "{}", "does not know GPTJForCausalLM")]
    [InlineData(
        "gemma2",
        """{"layer_types": ["full_attention", "full_attention", "full_attention", "full_attention"]}""",
        "sliding window")]
    [InlineData("qwen3_moe", """{"norm_topk_prob": false}""", "do not sum to 1")]
    [InlineData("llama32", """{"hidden_act": "gelu"}""", "Gelu")]
    public void What_llama_cpp_does_not_have_is_refused_before_anything_is_written(
        string family,
        string overrides,
        string reason)
    {
        TinyModel tiny = TinyModel.Family(family, overrides);
        Diagnostic diagnostic = new Action(() => Open(tiny).Dispose()).ShouldFailWith(GgufDiagnostics.UnsupportedModel);
        diagnostic.Message.ShouldContain(reason);
        diagnostic.Location!.File.ShouldBe(directory.Path);
    }

    [Theory]
    [InlineData("mistral", "no sliding window")]
    [InlineData("gpt_oss", "YaRN")]
    [InlineData("phi3_longrope", "frequencies for long texts")]
    public void What_llama_cpp_is_known_to_compute_otherwise_is_a_warning(string family, string reason)
    {
        using GgufExport export = Open(TinyModel.Family(family));
        export.Deviations.ShouldContain(
            warning => warning.Descriptor == GgufDiagnostics.OtherResults && warning.Message.Contains(reason));
    }

    [Fact]
    public void What_it_computes_alike_comes_without_a_warning()
    {
        using GgufExport export = Open(TinyModel.Family("llama32"));
        export.Deviations.ShouldBeEmpty();
    }

    private GgufExport Open(
        TinyModel tiny,
        GgufExportOptions? options = null,
        ElementType stored = ElementType.F32,
        bool addHead = false)
    {
        int vocabulary = tiny.Int("vocab_size", 0);
        if (addHead)
        {
            tiny.Weight("lm_head", vocabulary, tiny.Int("hidden_size", 0));
        }

        tiny.Write(directory.Path, stored);
        File.WriteAllText(directory["tokenizer.json"], ByteLevelTokenizer.OfSize(vocabulary).ToJsonString());
        return GgufExport.Open(directory.Path, options ?? new(GgufElementType.F32));
    }
}
