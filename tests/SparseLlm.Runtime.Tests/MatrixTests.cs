using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Tests;

/// <summary>What matrices are made of, and what is refused.</summary>
public sealed class MatrixTests
{
    [Fact]
    public void Matrices_below_each_other_give_what_they_give_alone()
    {
        var random = new Random(1);
        using PackedWeights top = Random(random, 700, 0.5);
        using PackedWeights middle = Random(random, 1, 0);
        using PackedWeights bottom = Random(random, 900, 0.2);
        float[] vectors = [.. Enumerable.Range(0, 2 * 1000).Select(_ => random.NextSingle())];
        foreach (int threads in (int[])[1, 2])
        {
            using var backend = new CpuBackend(threads);
            using var products = new VectorProducts(backend);
            float[] together = new float[2 * 1601];
            products.Multiply(new StackedMatrix(top.Matrix, middle.Matrix, bottom.Matrix), vectors, together);
            for (int vector = 0; vector < 2; vector++)
            {
                float[] alone = new float[1601];
                products.Multiply(top.Matrix, vectors.AsSpan(1000 * vector, 1000), alone.AsSpan(0, 700));
                products.Multiply(middle.Matrix, vectors.AsSpan(1000 * vector, 1000), alone.AsSpan(700, 1));
                products.Multiply(bottom.Matrix, vectors.AsSpan(1000 * vector, 1000), alone.AsSpan(701));
                together.AsSpan(1601 * vector, 1601).SequenceEqual(alone).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void A_matrix_says_how_many_bytes_a_product_reads()
    {
        var random = new Random(2);
        using PackedWeights half = Random(random, 16, 1);
        half.Matrix.Bytes.ShouldBe(16 * (1000 * 2 + 125));
        using PackedWeights none = Random(random, 16, 0);
        none.Matrix.Bytes.ShouldBe(16 * 125);
        new StackedMatrix(half.Matrix, none.Matrix).Bytes.ShouldBe(half.Matrix.Bytes + none.Matrix.Bytes);
    }

    // The upper half is nearly empty, the lower one full.
    [Fact]
    public void Threads_share_rows_by_their_bytes()
    {
        var random = new Random(4);
        using PackedWeights top = Random(random, 2000, 0.02);
        using PackedWeights bottom = Random(random, 2000, 1);
        var matrix = new StackedMatrix(top.Matrix, bottom.Matrix);
        long[] starts = matrix.ShareStarts;
        starts.Length.ShouldBe(9);
        (starts[0], starts[^1]).ShouldBe((0, 4000));
        foreach ((long start, long end) in starts.Zip(starts.Skip(1)))
        {
            (matrix.BytesBefore(end) - matrix.BytesBefore(start)).ShouldBeInRange(
                matrix.Bytes / 8 - 2500,
                matrix.Bytes / 8 + 2500);
        }

        top.Matrix.ShareStarts.ShouldBe([0, 2000], "too little to share");
    }

    [Fact]
    public void Vectors_and_results_have_to_fit()
    {
        using PackedWeights packed = Random(new Random(3), 4, 0.5);
        using var backend = new CpuBackend(2);
        using var products = new VectorProducts(backend);
        Should.Throw<ArgumentException>(() => products.Multiply(packed.Matrix, new float[999], new float[4]));
        Should.Throw<ArgumentException>(() => products.Multiply(packed.Matrix, new float[1500], new float[4]));
        Should.Throw<ArgumentException>(() => products.Multiply(packed.Matrix, new float[1000], new float[3]));
        Should.Throw<ArgumentException>(() => products.Multiply(packed.Matrix, new float[2000], new float[4]));
        Should.Throw<ArgumentException>(() => products.Multiply(packed.Matrix, [], []));
    }

    [Fact]
    public unsafe void Too_little_memory_is_refused()
    {
        var shape = new MatrixShape(ElementType.BF16, 2, 16);
        byte* memory = stackalloc byte[256];
        StoredBytes values = new(memory, 8, 8 + 64), mask = new(memory, 4, 4 + 16), offsets = new(memory, 16, 16);
        new Span<byte>(memory, 256).Clear();
        StoredMatrix.Bitmask(shape, values, mask, offsets, InstructionSet.Portable).Rows.ShouldBe(2);
        Should.Throw<ArgumentException>(
            () => StoredMatrix.Dense(shape, new StoredBytes(memory, 63, 128),
                InstructionSet.Portable)).ParamName.ShouldBe("values");
        Should.Throw<ArgumentException>(() => StoredMatrix.Bitmask(
            shape,
            new StoredBytes(memory, 8, 8 + 63),
            mask,
            offsets,
            InstructionSet.Portable)).ParamName.ShouldBe("values");
        Should.Throw<ArgumentException>(() => StoredMatrix.Bitmask(
            shape,
            values,
            new StoredBytes(memory, 4, 4 + 15),
            offsets,
            InstructionSet.Portable)).ParamName.ShouldBe("mask");
        Should.Throw<ArgumentException>(
            () => StoredMatrix.Bitmask(shape, values, new StoredBytes(memory, 3, 64), offsets,
                InstructionSet.Portable)).ParamName.ShouldBe("mask");
        Should.Throw<ArgumentException>(
            () => StoredMatrix.Bitmask(shape, values, mask, new StoredBytes(memory, 8, 16),
                InstructionSet.Portable)).ParamName.ShouldBe("offsets");
        Should.Throw<ArgumentException>(
            () => StoredMatrix.Groups(shape, new GroupPattern(2, 4), values, mask,
                InstructionSet.Portable)).ParamName.ShouldBe("values");
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(0, 5)]
    [InlineData(0, -1)]
    public void Offsets_that_do_not_ascend_within_the_values_are_refused(long first, long second)
    {
        using var values = new GuardedMemory(new byte[8], 64);
        using var mask = new GuardedMemory(new byte[4], 16);
        using var offsets = new GuardedMemory([.. BitConverter.GetBytes(first), .. BitConverter.GetBytes(second)], 0);
        Should.Throw<ArgumentException>(() => StoredMatrix.Bitmask(
            new MatrixShape(ElementType.BF16, 2, 16), values.Stored, mask.Stored,
                offsets.Stored, InstructionSet.Portable)).ParamName.ShouldBe("offsets");
    }

    [Theory]
    [InlineData(new byte[] { 0x03, 0x00, 0x01, 0x00 }, null)]
    [InlineData(new byte[] { 0x07, 0x00, 0x01, 0x00 }, 0L)]
    [InlineData(new byte[] { 0x03, 0x00, 0x00, 0x00 }, 1L)]
    [InlineData(new byte[] { 0x03, 0x00, 0x00, 0x10 }, 1L)]
    public void A_mask_that_disagrees_with_the_values_is_found(byte[] masks, long? wrong)
    {
        using var values = new GuardedMemory(new byte[6], 64);
        using var mask = new GuardedMemory(masks, 16);
        using var offsets = new GuardedMemory([.. BitConverter.GetBytes(0L), .. BitConverter.GetBytes(2L)], 0);
        StoredMatrix.Bitmask(
            new MatrixShape(ElementType.BF16, 2, 12),
            values.Stored,
            mask.Stored,
            offsets.Stored,
            InstructionSet.Portable).FirstWrongRow(0, 2).ShouldBe(wrong);
    }

    [Theory]
    [InlineData(new byte[] { 0x33, 0xC5 }, null)]
    [InlineData(new byte[] { 0x33, 0xE1 }, 1L)]
    [InlineData(new byte[] { 0x31, 0xC5 }, 0L)]
    public void A_group_that_keeps_more_or_less_is_found(byte[] masks, long? wrong)
    {
        using var values = new GuardedMemory(new byte[16], 64);
        using var mask = new GuardedMemory(masks, 16);
        StoredMatrix.Groups(
            new MatrixShape(ElementType.BF16, 2, 8),
            new GroupPattern(2, 4),
            values.Stored,
            mask.Stored,
            InstructionSet.Portable).FirstWrongRow(0, 2).ShouldBe(wrong);
    }

    public static IEnumerable<object[]> Layouts => ((Func<double[,], Random, PackedWeights>[])
    [
        (weights, _) => PackedWeights.Dense(ElementType.BF16, weights, InstructionSets.Best),
        (weights, random) => PackedWeights.Groups(
            ElementType.BF16,
            weights,
            new GroupPattern(3, 8),
            random,
            InstructionSets.Best),
        (weights, random) => PackedWeights.Bitmask(
            ElementType.F32,
            weights,
            Kept(random, weights.GetLength(0), 0.5),
            InstructionSets.Best),
    ]).Select(create => new object[] { create });

    [Theory]
    [MemberData(nameof(Layouts))]
    internal void A_slice_is_the_rows_that_it_has(Func<double[,], Random, PackedWeights> create)
    {
        var random = new Random(5);
        using PackedWeights packed = create(Weights(random, 300), random);
        float[] vector = [.. Enumerable.Range(0, 1000).Select(_ => random.NextSingle())];
        using var backend = new CpuBackend(2);
        using var products = new VectorProducts(backend);
        float[] whole = new float[300];
        products.Multiply(packed.Matrix, vector, whole);
        foreach ((int first, int count) in (ReadOnlySpan<(int, int)>)[(0, 300), (0, 1), (299, 1), (17, 200)])
        {
            StoredMatrix slice = packed.Matrix.Slice(first, count);
            float[] part = new float[count];
            products.Multiply(slice, vector, part);
            part.ShouldBe(whole[first..(first + count)]);
            slice.Bytes.ShouldBe(packed.Matrix.BytesBefore(first + count) - packed.Matrix.BytesBefore(first));
            slice.BytesBefore(0).ShouldBe(0);
            slice.FirstWrongRow(0, count).ShouldBeNull();
        }

        StoredMatrix inner = packed.Matrix.Slice(100, 100).Slice(50, 10);
        float[] tenth = new float[10];
        products.Multiply(inner, vector, tenth);
        tenth.ShouldBe(whole[150..160]);
        Should.Throw<ArgumentOutOfRangeException>(() => packed.Matrix.Slice(-1, 2));
        Should.Throw<ArgumentOutOfRangeException>(() => packed.Matrix.Slice(299, 2));
        Should.Throw<ArgumentOutOfRangeException>(() => packed.Matrix.Slice(3, 0));
    }

    [Fact]
    public void A_wrong_row_of_a_slice_is_counted_from_its_first()
    {
        using var values = new GuardedMemory(new byte[8], 64);
        using var mask = new GuardedMemory([0x01, 0x02, 0x03, 0x01], 16);
        using var offsets = new GuardedMemory([.. ((long[])[0, 1, 2, 3]).SelectMany(BitConverter.GetBytes)], 0);
        StoredMatrix matrix = StoredMatrix.Bitmask(
            new MatrixShape(ElementType.BF16, 4, 8),
            values.Stored,
            mask.Stored,
            offsets.Stored,
            InstructionSet.Portable);
        matrix.FirstWrongRow(0, 4).ShouldBe(2);
        matrix.Slice(0, 2).FirstWrongRow(0, 2).ShouldBeNull();
        matrix.Slice(1, 3).FirstWrongRow(0, 3).ShouldBe(1);
    }

    private static PackedWeights Random(Random random, int rows, double density) =>
        PackedWeights.Bitmask(
            ElementType.BF16,
            Weights(random, rows),
            Kept(random, rows, density),
            InstructionSets.Best);

    private static double[,] Weights(Random random, int rows)
    {
        double[,] weights = new double[rows, 1000];
        foreach (ref double weight in MemoryMarshal.CreateSpan(ref weights[0, 0], weights.Length))
        {
            weight = random.Next(-9, 10);
        }

        return weights;
    }

    private static bool[,] Kept(Random random, int rows, double density)
    {
        bool[,] kept = new bool[rows, 1000];
        foreach (ref bool each in MemoryMarshal.CreateSpan(ref kept[0, 0], kept.Length))
        {
            each = random.NextDouble() < density;
        }

        return kept;
    }
}
