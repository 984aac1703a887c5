using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests;

/// <summary>Directories in which something else stands for a model's files: each with the sentence that leads on from
/// there.</summary>
public sealed class WhatLiesInTheirPlace : IDisposable
{
    private const string Pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 133552\n";
    private const string Index = "model.safetensors.index.json";
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("config.json", "SLM2010")]
    [InlineData(Index, "SLM2002")]
    [InlineData(TinyModel.SecondShard, "SLM2002")]
    public void Pointer_of_Git_LFS_is_told_by_name(string file, string code)
    {
        TinyModel.Llama().WriteShards(directory.Path);
        File.WriteAllText(directory[file], Pointer);
        Diagnostic diagnostic = Failure();
        diagnostic.Code.ShouldBe(code);
        diagnostic.Message.ShouldContain("git lfs pull");
        diagnostic.Location!.File.ShouldBe(directory[file]);
    }

    [SkippableTheory]
    [InlineData("config.json", "SLM2010")]
    [InlineData(Index, "SLM2002")]
    [InlineData(TinyModel.SecondShard, "SLM2002")]
    public void Pipe_is_refused_and_not_waited_for(string file, string code)
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        TinyModel.Llama().WriteShards(directory.Path);
        File.Delete(directory[file]);
        Process.Start("mkfifo", directory[file]).WaitForExit();
        Diagnostic diagnostic = Failure();
        diagnostic.Code.ShouldBe(code);
        diagnostic.Message.ShouldContain("a pipe");
        diagnostic.Location!.File.ShouldBe(directory[file]);
    }

    [SkippableFact]
    public void Device_is_refused_and_not_read_without_end()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        File.CreateSymbolicLink(directory["config.json"], "/dev/zero");
        Failure().Message.ShouldContain("a device");
    }

    [Theory]
    [InlineData("merge_and_unload", "adapter_config.json", "adapter_model.safetensors")]
    [InlineData("the format of llama.cpp", "model-Q4_K_M.gguf")]
    [InlineData("the format of their maker", "consolidated.safetensors", "params.json")]
    [InlineData("not their index, pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin")]
    [InlineData("those of TensorFlow", "tf_model.h5")]
    [InlineData("from_flax=True", "flax_model.msgpack")]
    [InlineData("in ONNX", "model.onnx")]
    [InlineData(
        "neither model.safetensors nor pytorch_model.bin",
        "optimizer.bin",
        "training_args.bin",
        "scheduler.pt")]
    [InlineData("not their index, model.safetensors.index.json", "model-00001-of-00002.safetensors")]
    [InlineData("neither model.safetensors nor", "weights.safetensors")]
    public void Weights_in_another_format_have_a_sentence_of_their_own(string sentence, params string[] files)
    {
        foreach (string file in files)
        {
            File.WriteAllText(directory[file], "");
        }

        Diagnostic diagnostic = Failure();
        diagnostic.Descriptor.ShouldBe(ModelDiagnostics.CheckpointNotFound);
        diagnostic.Message.ShouldContain(sentence);
    }

    [Fact]
    public void Index_entries_for_tensors_that_nothing_needs_are_passed_over()
    {
        TinyModel tiny = TinyModel.Llama("""{"tie_word_embeddings": true}""");
        tiny.WriteShards(directory.Path);
        Dictionary<string, string> shards = Listed(tiny);
        shards["lm_head.weight"] = TinyModel.SecondShard;
        shards["model.layers.0.self_attn.rotary_emb.inv_freq"] = TinyModel.FirstShard;
        TinyModel.WriteIndex(directory.Path, shards);
        Should.NotThrow(() => DecoderModel.ReadDefinition(directory.Path));
    }

    [Fact]
    public void Needed_tensor_that_is_not_where_the_index_lists_it_is_an_error_of_the_index()
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.WriteShards(directory.Path);
        Dictionary<string, string> shards = Listed(tiny);
        shards["model.norm.weight"] = TinyModel.FirstShard;
        TinyModel.WriteIndex(directory.Path, shards);
        Diagnostic diagnostic = Failure();
        diagnostic.Descriptor.ShouldBe(ModelDiagnostics.MalformedIndex);
        diagnostic.Location!.File.ShouldBe(directory[Index]);
        diagnostic.Message.ShouldContain($"'model.norm.weight' in '{TinyModel.FirstShard}', which does not hold it");
    }

    private static Dictionary<string, string> Listed(TinyModel tiny) => tiny.Tensors.Keys.ToDictionary(
        name => name, name => name.Contains("embed") ? TinyModel.FirstShard : TinyModel.SecondShard);

    private Diagnostic Failure() =>
        Should.Throw<DiagnosticException>(() => DecoderModel.ReadDefinition(directory.Path)).Diagnostics
            .ShouldHaveSingleItem();
}
