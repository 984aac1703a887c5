using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;

namespace SparseLlm.Pipeline.Tests;

/// <summary>The zeros of the whole model, and its size compressed.</summary>
public sealed class WhatAModelTakes : BuildTest
{
    [Fact]
    public void Zeros_of_the_whole_model_are_those_in_its_files()
    {
        Model = ModelWithZerosInItsEmbedding();
        ArtifactManifest manifest = Build(Request()).Manifest;
        using Checkpoint checkpoint = Checkpoint.Open(Output);
        float[] weights = [.. checkpoint.Tensors.SelectMany(tensor =>
        {
            var values = new float[tensor.ElementCount];
            checkpoint.Read(tensor, 0, values);
            return values;
        })];
        manifest.ModelSparsity!.Value.ShouldBe(weights.Count(weight => weight == 0) / (double)weights.Length, 1e-12);
        manifest.ModelSparsity.Value.ShouldBeLessThan(manifest.Sparsity);
    }

    private string ModelWithZerosInItsEmbedding()
    {
        string model = Directory.CreateDirectory(Temp["zeros"]).FullName;
        foreach (string file in Directory.EnumerateFiles(Model))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        using Checkpoint checkpoint = Checkpoint.Open(Model);
        TensorInfo embedding = checkpoint["model.decoder.embed_tokens.weight"];
        using FileStream weights = File.OpenWrite(Path.Combine(model, embedding.Shard));
        weights.Position = embedding.Offset;
        weights.Write(new byte[1000]);
        return model;
    }

    [Fact]
    public void The_sparser_a_model_is_the_less_it_takes_compressed()
    {
        SizeReport half = Build(Request(0.5)).Manifest.Size!;
        SizeReport most = Build(Request(0.9)).Manifest.Size!;
        half.Compressed!.Sample.ShouldBe(1);
        half.Compressed.Bytes.ShouldBeLessThan(half.Pruned);
        most.Compressed!.Bytes.ShouldBeLessThan(half.Compressed.Bytes);
    }

    [Fact]
    public void Of_weights_that_are_too_many_a_sample_tells()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Model);
        CompressedSize all = CompressedSize.Measure(checkpoint, CancellationToken.None);
        CompressedSize some = CompressedSize.Measure(
            checkpoint,
            CancellationToken.None,
            mostBlocks: checkpoint.Tensors.Count / 2);
        some.Sample.ShouldBeInRange(0.001, 0.95);
        ((double)some.Bytes / all.Bytes).ShouldBeInRange(0.8, 1.2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_artifact_from_the_cache_says_the_same_of_itself_even_if_an_older_version_has_stored_it(bool isOld)
    {
        ArtifactManifest made = Build(Request()).Manifest;
        RemoveOutput();
        if (isOld)
        {
            Forge(Keys(Request()).Artifact, entry => With(entry, RemoveWhatIsNew));
        }

        ArtifactOutcome restored = Build(Request());
        restored.Origin.ShouldBe(ArtifactOrigin.Cache);
        restored.Manifest.ModelSparsity.ShouldBe(made.ModelSparsity);
        Text(restored.Manifest.Size).ShouldBe(Text(made.Size));
        Text(ArtifactManifest.TryRead(Output)!.Size).ShouldBe(Text(made.Size));
        Codes.ShouldBeEmpty();
    }

    // Lists are equal by what they hold.
    private static string Text(SizeReport? size) => JsonSerializer.Serialize(size);

    [Fact]
    public void An_artifact_that_an_older_version_has_made_stays_as_it_is()
    {
        Build(Request());
        Edit(RemoveWhatIsNew);
        ArtifactOutcome outcome = Build(Request());
        outcome.Origin.ShouldBe(ArtifactOrigin.UpToDate);
        outcome.Manifest.ModelSparsity.ShouldBeNull();
        outcome.Manifest.Size!.Compressed.ShouldBeNull();
    }

    [Theory]
    [InlineData("modelSparsity", "1.5")]
    [InlineData("size", """{"dense":1,"pruned":1,"compressed":{"bytes":0,"sample":1}}""")]
    [InlineData("size", """{"dense":1,"pruned":1,"compressed":{"bytes":5,"sample":0}}""")]
    [InlineData("size", """{"dense":1,"pruned":1,"compressed":{"bytes":5}}""")]
    public void A_manifest_with_impossible_sizes_is_none(string name, string value)
    {
        Build(Request());
        Edit(manifest => manifest[name] = JsonNode.Parse(value));
        ArtifactManifest.TryRead(Output).ShouldBeNull();
    }

    private static void RemoveWhatIsNew(JsonNode manifest)
    {
        manifest.AsObject().Remove("modelSparsity").ShouldBeTrue();
        manifest["size"]!.AsObject().Remove("compressed").ShouldBeTrue();
    }

    private void Edit(Action<JsonNode> change)
    {
        string path = Path.Combine(Output, ArtifactManifest.FileName);
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(path))!;
        change(manifest);
        File.WriteAllText(path, manifest.ToJsonString());
    }
}
