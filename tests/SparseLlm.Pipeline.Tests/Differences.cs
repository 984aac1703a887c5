using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Inspection;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What is told of two models that differ.</summary>
public sealed class Differences : IDisposable
{
    private const string Pruned = "model.decoder.layers.2.fc1.weight";
    private static readonly string Model = Repository.Model("tiny-opt");
    private readonly TempDirectory directory = new();

    [Fact]
    public void Sums_are_counted_and_added()
    {
        DiffSums whole = DiffSums.Of([1, 0, 2, 0, 3], [1, 0, 0, 4, 3]);
        (whole.SparsityA, whole.SparsityB, whole.MaskOverlap).ShouldBe((0.4, 0.4, 0.5));
        whole.RelativeDistance!.Value.ShouldBe(Math.Sqrt(20.0 / 14), 1e-12);
        (DiffSums.Of([1, 0], [1, 0]) + DiffSums.Of([2, 0, 3], [0, 4, 3])).ShouldBe(whole);
    }

    [Fact]
    public void Sums_of_nothing_are_no_difference()
    {
        (default(DiffSums).MaskOverlap, default(DiffSums).RelativeDistance).ShouldBe((1, 0.0));
        DiffSums.Of([0], [1]).RelativeDistance.ShouldBeNull();
        DiffSums.Of([1], [float.NaN]).RelativeDistance.ShouldBeNull();
    }

    [Fact]
    public void A_model_does_not_differ_from_itself()
    {
        ArtifactDiff diff = ArtifactDiff.Of(Model, Model, CancellationToken.None);
        diff.Architecture.ShouldBe("OPTForCausalLM");
        diff.Tensors.ShouldAllBe(tensor => tensor.Sums.RelativeDistance == 0 && tensor.Sums.MaskOverlap == 1);
        using Checkpoint checkpoint = Checkpoint.Open(Model);
        diff.Tensors.Select(tensor => tensor.Name).ShouldBe(checkpoint.Tensors.Select(tensor => tensor.Name));
        (diff.OnlyInA.Count, diff.OnlyInB.Count, diff.Perplexity.Count).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void A_tensor_with_zeros_differs_by_their_share_and_weight()
    {
        string copy = Copy();
        Zero(copy, Pruned);
        ArtifactDiff diff = ArtifactDiff.Of(Model, copy, CancellationToken.None);
        TensorDiff changed = diff.Tensors.Single(tensor => tensor.Sums.RelativeDistance > 0);
        (changed.Name, changed.Sums.SparsityA, changed.Sums.SparsityB).ShouldBe((Pruned, 0, 1));
        (changed.Sums.MaskOverlap, changed.Sums.RelativeDistance).ShouldBe((0, 1));
        diff.Total.SparsityB.ShouldBe(diff.Total.SparsityA + ((double)changed.Sums.Weights / diff.Total.Weights), 1e-9);
        diff.Total.Weights.ShouldBe(4L * ((4 * 192 * 192) + (2 * 192 * 768)));
    }

    [Fact]
    public void Tensors_of_only_one_are_named()
    {
        // A head of training, which nothing here reads.
        string copy = Copy();
        AddTensor(Path.Combine(copy, "model.safetensors"), "v_head.weight");
        ArtifactDiff diff = ArtifactDiff.Of(Model, copy, CancellationToken.None);
        diff.OnlyInA.ShouldBeEmpty();
        diff.OnlyInB.ShouldBe(["v_head.weight"]);
        ArtifactDiff.Of(copy, Model, CancellationToken.None).OnlyInA.ShouldBe(["v_head.weight"]);
    }

    [Fact]
    public void Models_of_two_architectures_cannot_be_compared() =>
        Should.Throw<DiagnosticException>(
            () => ArtifactDiff.Of(Model, Repository.Model("tiny-llama"), CancellationToken.None))
            .Diagnostics.Single().Code.ShouldBe("SLM4030");

    private string Copy()
    {
        Directory.CreateDirectory(directory["copy"]);
        foreach (string file in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(Model, file), Path.Combine(directory["copy"], file));
        }

        return directory["copy"];
    }

    private static void AddTensor(string file, string name)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int length = (int)BitConverter.ToInt64(bytes);
        int end = bytes.Length - length - sizeof(long);
        string header = Encoding.UTF8.GetString(bytes, sizeof(long), length).TrimEnd()[..^1]
            + $",\"{name}\":{{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[{end},{end + 4}]}}}}";
        File.WriteAllBytes(file, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8
            .GetBytes(header), .. bytes[(sizeof(long) + length)..], 0, 0, 0, 0]);
    }

    private static void Zero(string model, string name)
    {
        TensorInfo tensor;
        using (Checkpoint checkpoint = Checkpoint.Open(model))
        {
            tensor = checkpoint[name];
        }

        using FileStream file = File.OpenWrite(Path.Combine(model, tensor.Shard));
        file.Position = tensor.Offset;
        file.Write(new byte[tensor.ByteLength]);
    }

    public void Dispose() => directory.Dispose();
}
