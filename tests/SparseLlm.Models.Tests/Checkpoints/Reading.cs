using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests.Checkpoints;

public sealed class Reading : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(ElementType.F32)]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.BF16)]
    public void Weights_of_every_floating_point_type_are_read_exactly(ElementType type)
    {
        // Seven significant bits, which every type holds; an odd length, longer than one vector.
        float[] values = [.. Enumerable.Range(0, 77).Select(i => (i - 38) * 0.25f)];
        Write(type, ("a", [3], [1, -2, 0.5f]), ("b", [7, 11], values));

        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.Tensors.Select(tensor => tensor.Name).ShouldBe(["a", "b"]);
        checkpoint.TryGet("b", out TensorInfo? b).ShouldBeTrue();
        b!.ElementType.ShouldBe(type);
        b.Shape.ShouldBe([7L, 11L]);
        b.ByteLength.ShouldBe(77 * type.Size());
        Read(checkpoint, b).ShouldBe(values);
        checkpoint.TryGet("c", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.BF16)]
    public void Special_values_are_read_as_they_are(ElementType type)
    {
        float[] values =
        [
            .. Enumerable.Repeat(1f, 40), float.NaN, float.PositiveInfinity,
                float.NegativeInfinity, -0f, 0f, (float)Half.Epsilon,
        ];
        Write(type, ("a", [values.Length], values));

        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        float[] read = Read(checkpoint, checkpoint.Tensors[0]);
        read.ShouldBe(values);
        float.IsNegative(read[43]).ShouldBeTrue();
    }

    [Fact]
    public void Part_of_a_tensor_can_be_read()
    {
        float[] values = [.. Enumerable.Range(0, 200_000).Select(i => (float)(i % 1000))];
        Write(ElementType.F16, ("first", [1], [7]), ("a", [values.Length], values));

        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.TryGet("a", out TensorInfo? a).ShouldBeTrue();
        float[] part = new float[150_001];
        checkpoint.Read(a!, 12_345, part);
        part.ShouldBe(values[12_345..162_346]);
    }

    [Fact]
    public void Range_outside_the_tensor_is_refused()
    {
        Write(ElementType.F32, ("a", [4], new float[4]), ("b", [4], new float[4]));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        TensorInfo a = checkpoint.Tensors[0];
        Should.Throw<ArgumentOutOfRangeException>(() => checkpoint.Read(a, 1, new float[4]));
        Should.Throw<ArgumentOutOfRangeException>(() => checkpoint.Read(a, -1, new float[1]));
        Should.Throw<ArgumentOutOfRangeException>(() => checkpoint.ReadBytes(a, 13, new byte[4]));
    }

    [Fact]
    public void Bytes_are_read_as_they_are_stored()
    {
        Write(ElementType.F16, ("a", [1], [5]), ("b", [2], [1, -2]));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        byte[] bytes = new byte[3];
        checkpoint.ReadBytes(checkpoint.Tensors[1], 1, bytes);
        bytes.ShouldBe([0x3C, 0x00, 0xC0]);
    }

    [Fact]
    public void Tensors_without_elements_and_scalars_are_allowed()
    {
        SafetensorsFile.WriteRaw(
            directory["model.safetensors"],
            """{"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}}   """,
            BitConverter.GetBytes(2.5f));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        checkpoint.Tensors.Select(tensor => tensor.Name).ShouldBe(["e", "s"]);
        Read(checkpoint, checkpoint.Tensors[1]).ShouldBe([2.5f]);
    }

    [Fact]
    public void Integers_are_listed_but_not_read_as_weights()
    {
        SafetensorsFile.WriteRaw(
            directory["model.safetensors"],
            """{"layer.qweight":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}""",
            new byte[8]);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        TensorInfo tensor = checkpoint.Tensors.ShouldHaveSingleItem();
        Action reading = () => checkpoint.Read(tensor, 0, new float[2]);
        reading.ShouldFailWith(ModelDiagnostics.UnsupportedElementType).Message.ShouldContain("layer.qweight");
    }

    [Fact]
    public void Missing_directory_is_an_error()
    {
        Action opening = () => Checkpoint.Open(directory["nowhere"]);
        opening.ShouldFailWith(ModelDiagnostics.CheckpointNotFound).Message.ShouldContain("no such directory");
    }

    [Fact]
    public void Directory_without_safetensors_is_an_error()
    {
        Action opening = () => Checkpoint.Open(directory.Path);
        opening.ShouldFailWith(ModelDiagnostics.CheckpointNotFound).Message.ShouldContain("model.safetensors");
    }

    [Fact]
    public void File_that_shrinks_after_it_was_opened_is_an_error()
    {
        Write(ElementType.F32, ("a", [4], new float[4]));
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        using (FileStream file = new(
            directory["model.safetensors"],
            FileMode.Open,
            FileAccess.Write,
            FileShare.ReadWrite))
        {
            file.SetLength(file.Length - 4);
        }

        Action reading = () => checkpoint.Read(checkpoint.Tensors[0], 0, new float[4]);
        reading.ShouldFailWith(ModelDiagnostics.CheckpointUnreadable).Message.ShouldContain("shorter");
    }

    private static float[] Read(Checkpoint checkpoint, TensorInfo tensor)
    {
        float[] values = new float[tensor.ElementCount];
        checkpoint.Read(tensor, 0, values);
        return values;
    }

    private void Write(ElementType type, params (string, long[], float[])[] tensors) =>
        SafetensorsFile.Write(directory["model.safetensors"], type, tensors);
}
