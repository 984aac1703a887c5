using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Tests.Checkpoints;

public sealed class Writing : IDisposable
{
    private readonly TempDirectory source = new();
    private readonly TempDirectory target = new();

    public void Dispose()
    {
        source.Dispose();
        target.Dispose();
    }

    [Theory]
    [InlineData(ElementType.F32)]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.BF16)]
    public void Tensor_is_overwritten_in_its_own_type_and_nothing_else_changes(ElementType type)
    {
        WriteSource(type);
        float[] values = [.. Enumerable.Range(0, 100_000).Select(i => i % 64 - 32f)];
        using Checkpoint dense = Checkpoint.Open(source.Path);
        using (CheckpointWriter writer = new(dense, target.Path))
        {
            writer.Write("b", values);
            writer.Complete();
        }

        byte[] before = File.ReadAllBytes(source["model.safetensors"]);
        byte[] after = File.ReadAllBytes(target["model.safetensors"]);
        dense.TryGet("b", out TensorInfo? b).ShouldBeTrue();
        int start = (int)b!.Offset;
        int end = start + (int)b.ByteLength;
        after.Length.ShouldBe(before.Length);
        after.AsSpan(0, start).SequenceEqual(before.AsSpan(0, start)).ShouldBeTrue();
        after.AsSpan(end).SequenceEqual(before.AsSpan(end)).ShouldBeTrue();

        using Checkpoint pruned = Checkpoint.Open(target.Path);
        Read(pruned, "b").ShouldBe(values);
        pruned.Tensors.Select(tensor => tensor.ToString()).ShouldBe(dense.Tensors.Select(tensor => tensor.ToString()));
        Read(dense, "b").ShouldAllBe(value => value == 1);
    }

    [Fact]
    public void Part_of_a_tensor_is_overwritten()
    {
        WriteSource(ElementType.F16);
        using Checkpoint dense = Checkpoint.Open(source.Path);
        using CheckpointWriter writer = new(dense, target.Path);
        writer.Write("b", 99_998, [5, 6]);
        using Checkpoint pruned = Checkpoint.Open(target.Path);
        Read(pruned, "b")[99_997..].ShouldBe([1, 5, 6]);
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Write("b", 99_999, [5, 6]));
    }

    [Theory]
    [InlineData(1f + 1f / 2048, 1f)] // half way between 1 and the next half: the even one
    [InlineData(1f + 3f / 2048, 1f + 2f / 1024)]
    [InlineData(1f + 1.01f / 2048, 1f + 1f / 1024)]
    [InlineData(65519f, 65504f)]
    [InlineData(1e-9f, 0f)]
    public void Halves_are_rounded_to_nearest_even(float value, float expected)
        => RoundsTo(ElementType.F16, value, expected);

    [Theory]
    [InlineData(1f + 1f / 256, 1f)]
    [InlineData(1f + 3f / 256, 1f + 2f / 128)]
    [InlineData(1f + 1.01f / 256, 1f + 1f / 128)]
    [InlineData(-1f - 3f / 256, -1f - 2f / 128)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.MaxValue, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Bfloats_are_rounded_to_nearest_even(float value, float expected)
        => RoundsTo(ElementType.BF16, value, expected);

    [Theory]
    [InlineData(0x7F800001u)] // NaN whose mantissa is in the lower half only
    [InlineData(0x7FFFFFFFu)]
    public void Not_a_number_stays_not_a_number_in_bfloat(uint bits) =>
        RoundsTo(ElementType.BF16, BitConverter.UInt32BitsToSingle(bits), float.NaN);

    [Theory]
    [InlineData(ElementType.F16, 65520f)]
    [InlineData(ElementType.F16, -1e6f)]
    [InlineData(ElementType.BF16, float.MaxValue)]
    [InlineData(ElementType.F32, float.NaN)]
    [InlineData(ElementType.F32, float.PositiveInfinity)]
    public void Value_beyond_the_type_is_an_error_naming_tensor_and_element(ElementType type, float value)
    {
        WriteSource(type);
        using Checkpoint dense = Checkpoint.Open(source.Path);
        using CheckpointWriter writer = new(dense, target.Path);
        Action writing = () => writer.Write("b", 70_000, [1, value, 1]);
        string message = writing.ShouldFailWith(ModelDiagnostics.ValueOutOfRange).Message;
        message.ShouldContain("'b'");
        message.ShouldContain("70001");
        message.ShouldContain(type.ToString());
    }

    [Fact]
    public void Unknown_tensor_or_wrong_length_is_refused()
    {
        WriteSource(ElementType.F32);
        using Checkpoint dense = Checkpoint.Open(source.Path);
        using CheckpointWriter writer = new(dense, target.Path);
        Should.Throw<ArgumentException>(() => writer.Write("c", [1])).Message.ShouldContain("'c'");
        Should.Throw<ArgumentException>(() => writer.Write("a", [1, 2])).Message.ShouldContain("a F32 [3]");
    }

    [Fact]
    public void Shards_and_index_are_kept()
    {
        SafetensorsFile.Write(source["one.safetensors"], ElementType.F32, [("a", [1], [1])]);
        SafetensorsFile.Write(source["two.safetensors"], ElementType.F32, [("b", [1], [2])]);
        Dictionary<string, string> map = new() { ["a"] = "one.safetensors", ["b"] = "two.safetensors" };
        File.WriteAllText(source["model.safetensors.index.json"], JsonSerializer.Serialize(new { weight_map = map }));

        using Checkpoint dense = Checkpoint.Open(source.Path);
        using CheckpointWriter writer = new(dense, target["deep/down"]);
        writer.Write("b", [9]);
        using Checkpoint pruned = Checkpoint.Open(target["deep/down"]);
        pruned.Shards.ShouldBe(["one.safetensors", "two.safetensors"]);
        Read(pruned, "b").ShouldBe([9]);
        File.ReadAllBytes(target["deep/down/one.safetensors"]).ShouldBe(File.ReadAllBytes(source["one.safetensors"]));
        File.ReadAllBytes(target["deep/down/model.safetensors.index.json"])
            .ShouldBe(File.ReadAllBytes(source["model.safetensors.index.json"]));
    }

    [Fact]
    public void Dense_model_cannot_be_overwritten()
    {
        WriteSource(ElementType.F32);
        using Checkpoint dense = Checkpoint.Open(source.Path);
        Action writing = () => new CheckpointWriter(dense, source.Path + "/.");
        writing.ShouldFailWith(ModelDiagnostics.CheckpointNotWritable).Message.ShouldContain("another directory");
    }

    [Fact]
    public void Link_in_the_target_is_replaced_and_not_followed()
    {
        WriteSource(ElementType.F32);
        File.CreateSymbolicLink(target["model.safetensors"], source["model.safetensors"]);
        using Checkpoint dense = Checkpoint.Open(source.Path);
        using CheckpointWriter writer = new(dense, target.Path);
        writer.Write("a", [7, 7, 7]);
        Read(dense, "a").ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void Read_only_model_is_copied_to_writable_files()
    {
        WriteSource(ElementType.F32);
        File.SetAttributes(source["model.safetensors"], FileAttributes.ReadOnly);
        using Checkpoint dense = Checkpoint.Open(source.Path);
        using CheckpointWriter writer = new(dense, target.Path);
        writer.Write("a", [7, 7, 7]);
        using Checkpoint pruned = Checkpoint.Open(target.Path);
        Read(pruned, "a").ShouldBe([7, 7, 7]);
        File.GetAttributes(target["model.safetensors"]).HasFlag(FileAttributes.ReadOnly).ShouldBeFalse();
        File.SetAttributes(source["model.safetensors"], FileAttributes.Normal);
    }

    [Fact]
    public void Directory_that_cannot_be_made_is_an_error()
    {
        WriteSource(ElementType.F32);
        File.WriteAllText(target["file"], "");
        using Checkpoint dense = Checkpoint.Open(source.Path);
        Action writing = () => new CheckpointWriter(dense, target["file"]);
        writing.ShouldFailWith(ModelDiagnostics.CheckpointNotWritable);
    }

    [Theory]
    [InlineData(ElementType.F32, float.NaN)]
    [InlineData(ElementType.F16, float.NegativeInfinity)]
    [InlineData(ElementType.BF16, float.NaN)]
    public void Value_that_is_not_finite_is_not_copied_wherever_it_is(ElementType type, float value)
    {
        foreach (int place in (int[])[0, 1, 99_999])
        {
            float[] values = [.. Enumerable.Repeat(65504f, 100_000)];
            values[place] = value;
            SafetensorsFile.Write(
                source["model.safetensors"],
                type,
                [("a", [3], [1, 2, 3]), ("b", [100, 1000], values), ("c0", [2], [4, 5])]);
            using Checkpoint dense = Checkpoint.Open(source.Path);
            Action writing = () => new CheckpointWriter(dense, target.Path).Dispose();
            writing.ShouldFailWith(ModelDiagnostics.NonFiniteWeight).Message.ShouldContain("'b'");
        }
    }

    [Fact]
    public void Nor_is_one_in_double_precision()
    {
        SafetensorsFile.WriteRaw(
            source["model.safetensors"],
            """{"v_head.a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}""",
            [.. new byte[8], .. BitConverter.GetBytes(double.NaN)]);
        using Checkpoint dense = Checkpoint.Open(source.Path);
        Action writing = () => new CheckpointWriter(dense, target.Path).Dispose();
        writing.ShouldFailWith(ModelDiagnostics.NonFiniteWeight).Message.ShouldContain("'v_head.a'");
    }

    [Fact]
    public void Integers_are_copied_whatever_their_bits_mean_as_numbers()
    {
        const string Header = """{"ids":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"flags":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}""";
        SafetensorsFile.WriteRaw(source["model.safetensors"], Header, [.. Enumerable.Repeat((byte)0xFF, 19)]);
        using Checkpoint dense = Checkpoint.Open(source.Path);
        new CheckpointWriter(dense, target.Path).Dispose();
        File.ReadAllBytes(target["model.safetensors"]).ShouldBe(File.ReadAllBytes(source["model.safetensors"]));
    }

    private static void RoundsTo(ElementType type, float value, float expected)
    {
        // Once in the vectorised part, once in the rest.
        foreach (int count in new[] { 1100, 1 })
        {
            float[] values = [.. Enumerable.Repeat(value, count)];
            byte[] bytes = new byte[count * type.Size()];
            NumberFormats.FromSingle(values, type.Format(), bytes);
            NumberFormats.ToSingle(bytes, type.Format(), values);
            values.ShouldAllBe(rounded => rounded.Equals(expected));
        }
    }

    private static float[] Read(Checkpoint checkpoint, string name)
    {
        checkpoint.TryGet(name, out TensorInfo? tensor).ShouldBeTrue();
        float[] values = new float[tensor!.ElementCount];
        checkpoint.Read(tensor, 0, values);
        return values;
    }

    private void WriteSource(ElementType type) => SafetensorsFile.Write(
        source["model.safetensors"],
        type,
        [("a", [3], [1, 2, 3]), ("b", [100, 1000], [.. Enumerable.Repeat(1f, 100_000)]), ("c0", [2], [4, 5])]);
}
