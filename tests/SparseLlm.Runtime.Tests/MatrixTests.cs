using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
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
            using var products = new VectorProducts(threads);
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
            (matrix.BytesBefore(end) - matrix.BytesBefore(start)).ShouldBeInRange(matrix.Bytes / 8 - 2500, matrix.Bytes / 8 + 2500);
        }

        top.Matrix.ShareStarts.ShouldBe([0, 2000], "too little to share");
    }

    [Fact]
    public void Vectors_and_results_have_to_fit()
    {
        using PackedWeights packed = Random(new Random(3), 4, 0.5);
        using var products = new VectorProducts(2);
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
        Should.Throw<ArgumentException>(() => StoredMatrix.Dense(shape, new StoredBytes(memory, 63, 128), InstructionSet.Portable)).ParamName.ShouldBe("values");
        Should.Throw<ArgumentException>(() => StoredMatrix.Bitmask(shape, new StoredBytes(memory, 8, 8 + 63), mask, offsets, InstructionSet.Portable)).ParamName.ShouldBe("values");
        Should.Throw<ArgumentException>(() => StoredMatrix.Bitmask(shape, values, new StoredBytes(memory, 4, 4 + 15), offsets, InstructionSet.Portable)).ParamName.ShouldBe("mask");
        Should.Throw<ArgumentException>(() => StoredMatrix.Bitmask(shape, values, new StoredBytes(memory, 3, 64), offsets, InstructionSet.Portable)).ParamName.ShouldBe("mask");
        Should.Throw<ArgumentException>(() => StoredMatrix.Bitmask(shape, values, mask, new StoredBytes(memory, 8, 16), InstructionSet.Portable)).ParamName.ShouldBe("offsets");
        Should.Throw<ArgumentException>(() => StoredMatrix.Groups(shape, new GroupPattern(2, 4), values, mask, InstructionSet.Portable)).ParamName.ShouldBe("values");
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
            new MatrixShape(ElementType.BF16, 2, 16), values.Stored, mask.Stored, offsets.Stored, InstructionSet.Portable)).ParamName.ShouldBe("offsets");
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
        StoredMatrix.Bitmask(new MatrixShape(ElementType.BF16, 2, 12), values.Stored, mask.Stored, offsets.Stored, InstructionSet.Portable).FirstWrongRow(0, 2).ShouldBe(wrong);
    }

    [Theory]
    [InlineData(new byte[] { 0x33, 0xC5 }, null)]
    [InlineData(new byte[] { 0x33, 0xE1 }, 1L)]
    [InlineData(new byte[] { 0x31, 0xC5 }, 0L)]
    public void A_group_that_keeps_more_or_less_is_found(byte[] masks, long? wrong)
    {
        using var values = new GuardedMemory(new byte[16], 64);
        using var mask = new GuardedMemory(masks, 16);
        StoredMatrix.Groups(new MatrixShape(ElementType.BF16, 2, 8), new GroupPattern(2, 4), values.Stored, mask.Stored, InstructionSet.Portable).FirstWrongRow(0, 2).ShouldBe(wrong);
    }

    private static PackedWeights Random(Random random, int rows, double density)
    {
        double[,] weights = new double[rows, 1000];
        bool[,] kept = new bool[rows, 1000];
        for (int i = 0; i < kept.Length; i++)
        {
            weights[i / 1000, i % 1000] = random.Next(-9, 10);
            kept[i / 1000, i % 1000] = random.NextDouble() < density;
        }

        return PackedWeights.Bitmask(ElementType.BF16, weights, kept, InstructionSets.Best);
    }
}
