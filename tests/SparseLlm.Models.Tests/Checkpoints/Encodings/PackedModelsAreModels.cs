using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Layers;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Models.Tests.Checkpoints.Encodings;

/// <summary>Whatever reads a model reads it packed, and does not know.</summary>
public sealed class PackedModelsAreModels : IDisposable
{
    private readonly TempDirectory dense = new();
    private readonly TempDirectory packed = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public void Dispose()
    {
        backend.Dispose();
        dense.Dispose();
        packed.Dispose();
    }

    [Theory]
    [InlineData("gpt2")] // transposed
    [InlineData("falcon")] // fused and interleaved
    [InlineData("gpt_oss")] // experts in planes
    public void A_packed_model_computes_the_same(string family)
    {
        Write(family);
        Forward(packed.Path).ShouldBe(Forward(dense.Path));
    }

    [Fact]
    public void A_packed_model_becomes_the_same_gguf()
    {
        Write("llama32");
        Export(packed.Path).ShouldBe(Export(dense.Path));
    }

    [Fact]
    public void Files_of_a_packed_model_are_those_that_decide_what_is_in_it()
    {
        Write("llama32");
        Checkpoint.Files(packed.Path).ShouldBe(["model.safetensors", "sparsellm.json"]);
        Checkpoint.Files(dense.Path).ShouldBe(["model.safetensors"]);
    }

    private void Write(string family)
    {
        TinyModel tiny = TinyModel.Family(family);
        tiny.Write(packed.Path);
        MagnitudePruning.Write(packed.Path, dense.Path, ElementType.F16, "0.6");
        File.Copy(Path.Combine(packed.Path, "config.json"), Path.Combine(dense.Path, "config.json"));
        PackedDirectory.Pack(dense.Path, packed.Path);
        foreach (string directory in (string[])[dense.Path, packed.Path])
        {
            File.WriteAllText(
                Path.Combine(directory, "tokenizer.json"),
                ByteLevelTokenizer.OfSize(tiny.Int("vocab_size", 0)).ToJsonString());
        }
    }

    private float[] Forward(string directory)
    {
        using DecoderModel model = DecoderModel.Open(directory, backend);
        using Matrix<float> hidden = model.Embed([1, 2, 3, 4], 4);
        using DecoderLayer layer = model.LoadLayer(0);
        using Matrix<float> output = layer.Forward(hidden, 4);
        var values = new float[output.Length];
        backend.Download<float>(output, values);
        return values;
    }

    private static byte[] Export(string directory)
    {
        string path = Path.Combine(directory, "model.gguf");
        using GgufExport export = GgufExport.Open(directory, new(GgufElementType.F16) { Name = "model" });
        export.Write(path, default);
        return File.ReadAllBytes(path);
    }
}
