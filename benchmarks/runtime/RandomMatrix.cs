using System.Numerics;
using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Benchmarks.Runtime;

/// <summary>A seeded random matrix of BF16 or codes in memory of its own, as a mapped file has it.</summary>
internal sealed unsafe class RandomMatrix
{
    private const int Behind = 64;

    private readonly Func<InstructionSet, WeightMatrix> view;

    private RandomMatrix(
        string name,
        Func<InstructionSet, WeightMatrix> view,
        params (nint Address, long Bytes)[] parts)
    {
        Name = name;
        this.view = view;
        Parts = parts;
    }

    public string Name { get; }

    /// <summary>The memory that a product reads.</summary>
    public (nint Address, long Bytes)[] Parts { get; }

    public WeightMatrix On(InstructionSet instructions) => view(instructions);

    public static RandomMatrix Dense(int rows, int columns)
    {
        var random = new Random(1);
        ushort* values = (ushort*)Allocate(2L * rows * columns);
        for (long i = 0; i < (long)rows * columns; i++)
        {
            values[i] = Weight(random);
        }

        return new("dense bf16", set => StoredMatrix.Dense(
            new MatrixShape(ElementType.BF16, rows, columns),
            Stored(values, 2L * rows * columns),
            set), ((nint)values, 2L * rows * columns));
    }

    /// <summary>Zeros anywhere.</summary>
    public static RandomMatrix Bitmask(int rows, int columns, double sparsity)
    {
        var random = new Random(2);
        byte* mask = Allocate((long)rows * columns / 8);
        long* offsets = (long*)Allocate(8L * rows);
        long count = 0;
        for (int row = 0; row < rows; row++)
        {
            offsets[row] = count;
            for (int column = 0; column < columns; column++)
            {
                if (random.NextSingle() >= sparsity)
                {
                    mask[((long)row * columns + column) / 8] |= (byte)(1 << (column % 8));
                    count++;
                }
            }
        }

        ushort* values = Values(random, count);
        return new(
            FormattableString.Invariant($"{sparsity * 100:0} %"),
            set => StoredMatrix.Bitmask(
                new MatrixShape(ElementType.BF16, rows, columns), Stored(values, 2 * count), Stored(
                    mask,
                    (long)rows * columns / 8), Stored(offsets, 8L * rows), set),
            ((nint)values, 2 * count),
            ((nint)mask, (long)rows * columns / 8));
    }

    /// <summary>N:M.</summary>
    public static RandomMatrix Groups(int rows, int columns, GroupPattern pattern)
    {
        var random = new Random(3);
        byte* mask = Allocate((long)rows * columns / 8);
        for (long group = 0; group < (long)rows * columns / pattern.Size; group++)
        {
            uint bits = 0;
            while (BitOperations.PopCount(bits) < pattern.Kept)
            {
                bits |= 1u << random.Next(pattern.Size);
            }

            for (int i = 0; i < pattern.Size; i++)
            {
                long place = group * pattern.Size + i;
                mask[place / 8] |= (byte)((bits >> i & 1) << (int)(place % 8));
            }
        }

        long count = (long)rows * columns / pattern.Size * pattern.Kept;
        ushort* values = Values(random, count);
        return new(
            pattern.ToString(),
            set => StoredMatrix.Groups(
                new MatrixShape(ElementType.BF16, rows, columns), pattern, Stored(values, 2 * count), Stored(
                    mask,
                    (long)rows * columns / 8), set),
            ((nint)values, 2 * count),
            ((nint)mask, (long)rows * columns / 8));
    }

    /// <summary>Codes in groups of 64, of all weights or with zeros anywhere.</summary>
    public static RandomMatrix Codes(int rows, int columns, int bits, double? sparsity)
    {
        const int Group = 64;
        var random = new Random(4);
        byte* mask = Allocate((long)rows * columns / 8);
        int* starts = (int*)Allocate((long)rows * sizeof(int));
        long bytes = 0;
        for (int row = 0; row < rows; row++)
        {
            starts[row] = (int)bytes;
            int count = 0;
            for (int column = 0; column < columns; column++)
            {
                if (sparsity is null || random.NextSingle() >= sparsity)
                {
                    mask[((long)row * columns + column) / 8] |= (byte)(1 << (column % 8));
                    count++;
                }
            }

            bytes += bits == 4 ? (count + 1) / 2 : count;
        }

        byte* codes = Allocate(bytes);
        random.NextBytes(new Span<byte>(codes, (int)bytes));
        long scaleBytes = (long)rows * columns / Group * sizeof(ushort);
        byte* scales = Allocate(scaleBytes);
        new Span<Half>(scales, (int)scaleBytes / sizeof(ushort)).Fill((Half)0.01f);
        string name = FormattableString.Invariant($"int{bits}");
        (nint Address, long Bytes)[] parts = [((nint)codes, bytes), ((nint)scales, scaleBytes)];
        return new(
            sparsity is { } share ? FormattableString.Invariant($"{name} {share * 100:0} %") : $"{name} dense",
            set => StoredMatrix.Codes(
                new MatrixShape(ElementType.BF16, rows, columns),
                new CodeFormat(bits, Group),
                Stored(codes, bytes),
                Stored(scales, scaleBytes),
                sparsity is null ? null : Stored(mask, (long)rows * columns / 8),
                sparsity is null ? null : Stored(starts, (long)rows * sizeof(int)),
                set),
            sparsity is null ? parts : [.. parts, ((nint)mask, (long)rows * columns / 8)]);
    }

    private static ushort* Values(Random random, long count)
    {
        ushort* values = (ushort*)Allocate(2 * count);
        for (long i = 0; i < count; i++)
        {
            values[i] = Weight(random);
        }

        return values;
    }

    private static ushort Weight(Random random)
        => (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) >> 16);

    private static StoredBytes Stored(void* memory, long bytes) => new((byte*)memory, bytes, bytes + Behind);

    private static byte* Allocate(long bytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes + Behind, 64);
        NativeMemory.Clear(memory, (nuint)bytes + Behind);
        return memory;
    }
}
