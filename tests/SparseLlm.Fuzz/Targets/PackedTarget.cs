using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Fuzz.Targets;

/// <summary>A packed model, down to the elements: one of its files beside the other one of the sample.</summary>
/// <param name="part">What an input is.</param>
internal sealed class PackedTarget(PackedTarget.Part part) : FuzzTarget
{
    private const string Weights = "model.safetensors";
    private const string Encodings = "sparsellm.json";

    private readonly Lazy<(byte[] Weights, byte[] Encodings)> packed = new(Pack);

    public override string Name => $"packed-{part.ToString().ToLowerInvariant()}";

    public override IReadOnlyList<Sample> Samples =>
    [
        new(part switch
        {
            Part.Encodings => packed.Value.Encodings,
            Part.Weights => packed.Value.Weights,
            _ => packed.Value.Weights[DataStart..],
        }),
    ];

    private int DataStart => sizeof(ulong) + (int)BitConverter.ToUInt64(packed.Value.Weights);

    public override void Prepare(string folder) =>
        File.WriteAllBytes(
            Path.Combine(folder, part == Part.Encodings ? Weights : Encodings),
            part == Part.Encodings ? packed.Value.Weights : packed.Value.Encodings);

    public override bool Read(byte[] input, string folder)
    {
        Write(folder, part == Part.Encodings ? Encodings : Weights, part == Part.Data ? Frame(input) : input);
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            checkpoint.ReadBytes(tensor, 0, new byte[tensor.ByteLength]);
            checkpoint.ReadAhead(tensor, CancellationToken.None);
            if (tensor.ElementCount > 5)
            {
                checkpoint.Read(tensor, 3, new float[2]);
            }
        }

        return true;
    }

    private byte[] Frame(byte[] data)
    {
        byte[] weights = [.. packed.Value.Weights];
        data.AsSpan(0, Math.Min(data.Length, weights.Length - DataStart)).CopyTo(weights.AsSpan(DataStart));
        return weights;
    }

    private static (byte[] Weights, byte[] Encodings) Pack()
    {
        using var directory = new TempDirectory();
        string header = """{"a":{"dtype":"F32","shape":[2,8],"data_offsets":[0,64]},"b":{"dtype":"BF16","shape":[4,8],"data_offsets":[64,128]},"c":{"dtype":"F16","shape":[3],"data_offsets":[128,134]}}""";
        byte[] data = new byte[134];
        (data[4], data[40], data[130]) = (1, 2, 3);
        for (int i = 64; i < 128; i += 8)
        {
            (data[i], data[i + 4]) = (1, 1);
        }

        File.WriteAllBytes(
            directory[Weights],
            [.. BitConverter.GetBytes((ulong)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header), .. data]);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        new PackedCheckpointWriter(checkpoint, directory["packed"], _ => { }, default).Write();
        return (File.ReadAllBytes(directory[Path.Combine("packed", Weights)]), File.ReadAllBytes(
            directory[Path.Combine("packed", Encodings)]));
    }

    /// <summary>A part of a packed model.</summary>
    internal enum Part
    {
        /// <summary>What says how it is packed.</summary>
        Encodings,

        /// <summary>The file of weights.</summary>
        Weights,

        /// <summary>What is in that file behind the header: values, masks and offsets, in the length that they
        /// have.</summary>
        Data,
    }
}
