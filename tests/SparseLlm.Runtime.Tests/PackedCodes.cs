using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Tests;

/// <summary>A matrix of random codes and scales, in guarded memory.</summary>
internal sealed class PackedCodes : IDisposable
{
    private readonly List<GuardedMemory> memory = [];

    /// <summary>Random codes of a density; null for codes of all weights.</summary>
    public PackedCodes(
        Random random, int rows, int columns, CodeFormat format, double? density, InstructionSet instructions,
        bool hasLongStarts = false)
    {
        Weights = new double[rows, columns];
        int maskBytes = (columns + 7) / 8;
        byte[] mask = new byte[rows * maskBytes];
        long[] starts = new long[rows];
        var codes = new List<byte>();
        var scales = new List<Half>();
        for (int row = 0; row < rows; row++)
        {
            starts[row] = codes.Count;
            List<int> own = [];
            for (int column = 0; column < columns; column++)
            {
                if (column % format.Group == 0)
                {
                    scales.Add((Half)(random.NextDouble() - 0.5));
                }

                if (density is null || random.NextDouble() < density)
                {
                    int code = format.Bits == 4 ? random.Next(-8, 8) : random.Next(-127, 128);
                    code = code == 0 && density is not null ? 1 : code;
                    own.Add(code);
                    mask[row * maskBytes + column / 8] |= (byte)(1 << (column % 8));
                    Weights[row, column] = code * (double)scales[^1];
                }
            }

            codes.AddRange(format.Bits == 8
                ? own.Select(code => (byte)(sbyte)code)
                : own.Chunk(2).Select(pair => (byte)((pair[0] & 15) | (pair.Length == 2 ? pair[1] << 4 : 0))));
        }

        Matrix = StoredMatrix.Codes(
            new MatrixShape(ElementType.BF16, rows, columns),
            format,
            Hold([.. codes], StoredMatrix.BehindValues),
            Hold(MemoryMarshal.AsBytes(scales.ToArray().AsSpan()), StoredMatrix.BehindScales),
            density is null ? null : Hold(mask, StoredMatrix.BehindMask),
            density is null ? null
                : hasLongStarts ? Hold(MemoryMarshal.AsBytes(starts.AsSpan()), 0)
                : Hold(MemoryMarshal.AsBytes(starts.Select(start => (int)start).ToArray().AsSpan()), 0),
            instructions);
    }

    public double[,] Weights { get; }

    public StoredMatrix Matrix { get; }

    public void Dispose() => memory.ForEach(each => each.Dispose());

    private StoredBytes Hold(ReadOnlySpan<byte> content, int behind)
    {
        var held = new GuardedMemory(content, behind);
        memory.Add(held);
        return held.Stored;
    }
}
