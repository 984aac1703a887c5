using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Models.Tests.Support;

/// <summary>Packs and unpacks checkpoints.</summary>
public static class PackedDirectory
{
    public static void Pack(string source, string directory)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        new PackedCheckpointWriter(checkpoint, directory, _ => { }, default).Write();
    }

    public static void Unpack(string source, string directory)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        new UnpackedCheckpointWriter(checkpoint, directory, _ => { }, default).Write();
    }

    /// <summary>Every file below two directories is there in both, with the same bytes.</summary>
    public static void ShouldBeSame(string actual, string expected)
    {
        Names(actual).ShouldBe(Names(expected));
        foreach (string name in Names(expected))
        {
            File.ReadAllBytes(Path.Combine(actual, name)).AsSpan()
                .SequenceEqual(File.ReadAllBytes(Path.Combine(expected, name)))
                .ShouldBeTrue(name);
        }

        static string[] Names(string directory) =>
            [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(directory, path))
                .Order(StringComparer.Ordinal)];
    }

    /// <summary>Every tensor of a packed checkpoint reads as it does dense: as bytes, as numbers, and in parts of any
    /// length at any place.</summary>
    public static void ShouldReadTheSame(string packedDirectory, string directory)
    {
        using Checkpoint packed = Checkpoint.Open(packedDirectory);
        using Checkpoint dense = Checkpoint.Open(directory);
        packed.Tensors.Select(tensor => tensor.ToString()).ShouldBe(dense.Tensors.Select(tensor => tensor.ToString()));
        var random = new Random(5);
        foreach ((TensorInfo one, TensorInfo other) in packed.Tensors.Zip(dense.Tensors))
        {
            byte[] expected = Bytes(dense, other, 0, (int)other.ByteLength);
            Bytes(packed, one, 0, (int)one.ByteLength).AsSpan().SequenceEqual(expected).ShouldBeTrue(one.Name);
            for (int round = 0; round < 10; round++)
            {
                int first = random.Next(expected.Length);
                int length = random.Next(expected.Length - first + 1);
                Bytes(packed, one, first, length).AsSpan().SequenceEqual(expected.AsSpan(first, length))
                    .ShouldBeTrue($"{length} bytes from {first} of {one}");
            }

            if (one.ElementType.IsConvertible())
            {
                Values(packed, one).AsSpan().SequenceEqual(Values(dense, other)).ShouldBeTrue(one.Name);
            }
        }

        static byte[] Bytes(Checkpoint checkpoint, TensorInfo tensor, int first, int length)
        {
            byte[] bytes = new byte[length];
            checkpoint.ReadBytes(tensor, first, bytes);
            return bytes;
        }

        static float[] Values(Checkpoint checkpoint, TensorInfo tensor)
        {
            float[] values = new float[tensor.ElementCount];
            checkpoint.Read(tensor, 0, values);
            return values;
        }
    }
}
