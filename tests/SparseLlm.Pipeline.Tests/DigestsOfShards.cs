using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Tests;

public sealed class DigestsOfShards : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Of_two_copies_of_a_tensor_that_takes_part_which_the_index_lists()
    {
        string dense = Repository.Model("tiny-llama");
        ModelDefinition definition = DecoderModel.ReadDefinition(dense);
        Dictionary<string, string> shards = WriteTwice(dense, definition.Layers[0].Linears.First().WeightName);
        File.WriteAllText(
            directory["model.safetensors.index.json"],
            JsonSerializer.Serialize(new { weight_map = shards }));

        var files = new InputFiles(new FileDigests(memoDirectory: null));
        var plain = new ModelDigests(dense, definition, files);
        var sharded = new ModelDigests(directory.Path, definition, files);
        sharded.Layer(definition.Layers[0]).ShouldNotBe(plain.Layer(definition.Layers[0]));
        sharded.Layer(definition.Layers[1]).ShouldBe(plain.Layer(definition.Layers[1]));
        sharded.Embedding.ShouldBe(plain.Embedding);
    }

    [Fact]
    public void Of_a_model_that_has_lost_a_tensor_since_it_was_opened_say_so()
    {
        ModelDefinition definition = DecoderModel.ReadDefinition(Repository.Model("tiny-llama"));
        CompanionFiles.Copy(Repository.Model("tiny-opt"), directory.Path);
        File.Copy(Path.Combine(Repository.Model("tiny-opt"), "model.safetensors"), directory["model.safetensors"]);
        var digests = new ModelDigests(
            directory.Path,
            definition,
            new InputFiles(new FileDigests(memoDirectory: null)));
        Should.Throw<DiagnosticException>(() => digests.Head).Diagnostics.Single().Code.ShouldBe("SLM4009");
    }

    /// <summary>Two shards with every tensor, of which one tensor differs. The index lists that one in the second
    /// shard, and all others in the first.</summary>
    private Dictionary<string, string> WriteTwice(string dense, string changed)
    {
        using Checkpoint checkpoint = Checkpoint.Open(dense);
        byte[] bytes = File.ReadAllBytes(checkpoint.MainFile);
        File.WriteAllBytes(directory["first.safetensors"], bytes);
        bytes[checkpoint[changed].Offset] ^= 1;
        File.WriteAllBytes(directory["second.safetensors"], bytes);
        return checkpoint.Tensors.ToDictionary(
            tensor => tensor.Name, tensor => tensor.Name == changed ? "second.safetensors" : "first.safetensors");
    }
}
