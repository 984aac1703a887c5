using System.Buffers.Binary;
using System.Text;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>model.safetensors</c>, down to the elements: the whole file, or its header alone, so that most inputs
/// have the length that they say.</summary>
/// <param name="isWhole">Whether an input is the whole file.</param>
internal sealed class SafetensorsTarget(bool isWhole) : FuzzTarget
{
    private const int DataLength = 28;

    private static readonly string[] Headers =
    [
        """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[24,28]}}""",
        """{"x.weight":{"dtype":"F16","shape":[4,1],"data_offsets":[0,8]},"empty":{"dtype":"I64","shape":[0,5],"data_offsets":[8,8]},"rest":{"dtype":"U8","shape":[20],"data_offsets":[8,28]}}""",
    ];

    public override string Name => isWhole ? "safetensors" : "safetensors-header";

    public override IReadOnlyList<Sample> Samples { get; } =
        [.. Headers.Select(header => isWhole ? new Sample(Frame(Encoding.UTF8.GetBytes(header))) : Sample.Of(header))];

    public override bool Read(byte[] input, string folder)
    {
        Write(folder, "model.safetensors", isWhole ? input : Frame(input));
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            checkpoint.ReadBytes(tensor, 0, new byte[tensor.ByteLength]);
            if (tensor.ElementType.IsConvertible())
            {
                checkpoint.Read(tensor, 0, new float[tensor.ElementCount]);
            }
        }

        return true;
    }

    private static byte[] Frame(byte[] header)
    {
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return [.. length, .. header, .. Enumerable.Range(0, DataLength).Select(i => (byte)i)];
    }
}
