using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints;

/// <summary>A pruned copy is the same model to loaders that ask the index and to those that take the first or the last
/// copy of a tensor.</summary>
public sealed class SupersededCopies : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Every_copy_of_a_tensor_holds_what_was_written()
    {
        SafetensorsFile.Write(
            directory["old.safetensors"],
            ElementType.F16,
            [("a", [2], [1, 2]), ("b", [2], [3, 4]), ("c", [1], [5]), ("d", [3], [7, 7, 7])]);
        SafetensorsFile.Write(
            directory["new.safetensors"],
            ElementType.F16,
            [("b", [2], [8, 9]), ("a", [2], [6, 7]), ("d", [1], [1])]);
        TinyModel.WriteIndex(directory.Path, new()
        {
            ["a"] = "new.safetensors",
            ["b"] = "new.safetensors",
            ["c"] = "old.safetensors",
            ["d"] = "new.safetensors"
        });
        string output = directory["output"];
        using (Checkpoint source = Checkpoint.Open(directory.Path))
        using (var writer = new CheckpointWriter(source, output))
        {
            writer.Write("a", [0, 7]);
            writer.Complete();
        }

        using Checkpoint written = Checkpoint.Open(output);
        Values(written, written["a"]).ShouldBe([0, 7]);
        Values(written, written["b"]).ShouldBe([8, 9]);
        Values(written, written["c"]).ShouldBe([5]);
        written.Superseded.Select(tensor => (tensor.Name, string.Join(' ', Values(written, tensor))))
            .ShouldBe([("a", "0 7"), ("b", "8 9"), ("d", "7 7 7")]);
    }

    private static float[] Values(Checkpoint checkpoint, TensorInfo tensor)
    {
        float[] values = new float[tensor.ElementCount];
        checkpoint.Read(tensor, 0, values);
        return values;
    }
}
