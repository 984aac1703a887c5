using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Tests;

/// <summary>A matrix of given weights in a layout, in guarded memory. What is kept is not necessarily what is not
/// zero.</summary>
internal sealed class PackedWeights : IDisposable
{
    private readonly List<GuardedMemory> memory = [];

    private PackedWeights(double[,] weights, bool[,] kept)
    {
        (Rows, Columns) = (weights.GetLength(0), weights.GetLength(1));
        Weights = weights;
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                weights[row, column] = kept[row, column] ? weights[row, column] : 0;
            }
        }
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>The weights, 0 where none is kept.</summary>
    public double[,] Weights { get; }

    public StoredMatrix Matrix { get; private set; } = null!;

    public static PackedWeights Dense(ElementType type, double[,] weights, InstructionSet instructions)
    {
        var packed = new PackedWeights(weights, All(weights));
        packed.Matrix = StoredMatrix.Dense(
            packed.Shape(type),
            packed.Hold([.. weights.Cast<double>().SelectMany(weight => Bytes(weight, type))], 0),
            instructions);
        return packed;
    }

    public static PackedWeights Bitmask(ElementType type, double[,] weights, bool[,] kept, InstructionSet instructions)
    {
        var packed = new PackedWeights(weights, kept);
        (byte[] values, byte[] mask, long[] offsets) = packed.Pack(type, kept);
        packed.Matrix = StoredMatrix.Bitmask(
            packed.Shape(type), packed.Hold(values, 64), packed.Hold(mask, 16), packed.Hold(
                MemoryMarshal.AsBytes(offsets.AsSpan()),
                0), instructions);
        return packed;
    }

    public static PackedWeights Groups(
        ElementType type,
        double[,] weights,
        GroupPattern pattern,
        Random random,
        InstructionSet instructions)
    {
        bool[,] kept = new bool[weights.GetLength(0), weights.GetLength(1)];
        for (int row = 0; row < weights.GetLength(0); row++)
        {
            for (int start = 0; start < weights.GetLength(1); start += pattern.Size)
            {
                int[] places = [.. Enumerable.Range(0, pattern.Size)];
                random.Shuffle(places);
                foreach (int place in places[..pattern.Kept])
                {
                    kept[row, start + place] = true;
                }
            }
        }

        var packed = new PackedWeights(weights, kept);
        (byte[] values, byte[] mask, _) = packed.Pack(type, kept);
        packed.Matrix = StoredMatrix.Groups(
            packed.Shape(type),
            pattern,
            packed.Hold(values, 64),
            packed.Hold(mask, 16),
            instructions);
        return packed;
    }

    public static byte[] Bytes(double weight, ElementType type) => type switch
    {
        ElementType.F32 => BitConverter.GetBytes((float)weight),
        ElementType.F16 => BitConverter.GetBytes((Half)weight),
        _ => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits((float)weight) >> 16)),
    };

    public void Dispose() => memory.ForEach(each => each.Dispose());

    private static bool[,] All(double[,] weights)
    {
        bool[,] all = new bool[weights.GetLength(0), weights.GetLength(1)];
        MemoryMarshal.CreateSpan(ref all[0, 0], all.Length).Fill(true);
        return all;
    }

    private MatrixShape Shape(ElementType type) => new(type, Rows, Columns);

    private StoredBytes Hold(ReadOnlySpan<byte> content, int behind)
    {
        var held = new GuardedMemory(content, behind);
        memory.Add(held);
        return held.Stored;
    }

    private (byte[] Values, byte[] Mask, long[] Offsets) Pack(ElementType type, bool[,] kept)
    {
        var values = new List<byte>();
        int maskBytes = (Columns + 7) / 8;
        byte[] mask = new byte[Rows * maskBytes];
        long[] offsets = new long[Rows];
        for (int row = 0; row < Rows; row++)
        {
            offsets[row] = values.Count / type.Size();
            for (int column = 0; column < Columns; column++)
            {
                if (kept[row, column])
                {
                    values.AddRange(Bytes(Weights[row, column], type));
                    mask[row * maskBytes + column / 8] |= (byte)(1 << (column % 8));
                }
            }
        }

        return ([.. values], mask, offsets);
    }
}
