using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Tests;

/// <summary>Products with one vector and a few, in all layouts, types and instructions that this machine has.</summary>
public sealed class MatrixProductTests
{
    private static readonly int[] Columns
        = [1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 72, 96, 127, 128, 129, 200, 320];

    public static IEnumerable<object[]> Kernels =>
        from instructions in InstructionSets.Supported
        from type in (ElementType[])[ElementType.F32, ElementType.F16, ElementType.BF16]
        select new object[] { instructions, type };

    // Small integers, whose products and sums are exact in any order.
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Dense_matrices_of_any_width_are_multiplied_exactly_and_nothing_behind_them_is_read(
        InstructionSet instructions,
        ElementType type)
    {
        foreach (int columns in Columns)
        {
            var random = new Random(columns);
            using PackedWeights packed = PackedWeights.Dense(
                type,
                RandomWeights.Integers(random, 3, columns),
                instructions);
            ShouldBeExact(packed, random);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Masked_matrices_of_any_width_and_density_are_multiplied_exactly(
        InstructionSet instructions,
        ElementType type)
    {
        foreach (int columns in Columns)
        {
            foreach (double density in (double[])[0, 0.1, 0.5, 0.9, 1])
            {
                var random = new Random(columns);
                using PackedWeights packed = PackedWeights.Bitmask(
                    type,
                    RandomWeights.Integers(random, 5, columns),
                    RandomWeights.Kept(random, 5, columns, density),
                    instructions);
                ShouldBeExact(packed, random);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Rows_without_any_weight_give_zero_between_full_ones(InstructionSet instructions, ElementType type)
    {
        var random = new Random(1);
        bool[,] kept = new bool[6, 130];
        for (int column = 0; column < 130; column++)
        {
            kept[1, column] = kept[4, column] = true;
        }

        using PackedWeights packed = PackedWeights.Bitmask(
            type,
            RandomWeights.Integers(random, 6, 130),
            kept,
            instructions);
        ShouldBeExact(packed, random);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Groups_of_any_size_are_multiplied_exactly(InstructionSet instructions, ElementType type)
    {
        foreach ((int keep, int size) in (ReadOnlySpan<(int, int)>)[(1, 2), (2, 4), (1, 4), (3, 4), (4, 8), (5, 8),
            (1, 8), (8, 16), (3, 16), (16, 32), (31, 32), (2, 3), (4, 5), (1, 6)])
        {
            foreach (int groups in (int[])[1, 2, 3, 5, 8, 9, 33])
            {
                var random = new Random(groups);
                using PackedWeights packed = PackedWeights.Groups(
                    type,
                    RandomWeights.Integers(random, 3, groups * size),
                    new GroupPattern(keep, size),
                    random,
                    instructions);
                packed.Matrix.FirstWrongRow(0, 3).ShouldBeNull();
                ShouldBeExact(packed, random);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Sums_are_close_to_those_in_double_precision(InstructionSet instructions, ElementType type)
    {
        var random = new Random(3);
        double[,] weights = RandomWeights.Fill(7, 4099, () => RandomWeights.Rounded(random.NextDouble() - 0.5, type));
        using PackedWeights packed = PackedWeights.Bitmask(
            type,
            weights,
            RandomWeights.Kept(random, 7, 4099, 0.5),
            instructions);
        float[] vector = [.. Enumerable.Range(0, 4099).Select(_ => random.NextSingle() - 0.5f)];
        float[] result = Multiply(packed.Matrix, vector);
        for (int row = 0; row < 7; row++)
        {
            double sum = 0, magnitude = 0;
            for (int column = 0; column < 4099; column++)
            {
                sum += weights[row, column] * vector[column];
                magnitude += Math.Abs(weights[row, column] * vector[column]);
            }

            ((double)result[row]).ShouldBe(sum, magnitude * 1e-6);
        }
    }

    // The smallest halves and BF16s are powers of two, and so are these vectors.
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Denormal_weights_and_negative_zeros_count_as_what_they_are(
        InstructionSet instructions,
        ElementType type)
    {
        (double smallest, float factor) = type == ElementType.F16
            ? (Math.Pow(2, -24), 1024f)
            : (Math.Pow(2, -133), (float)(1L << 50));
        var random = new Random(4);
        double[,] weights = RandomWeights.Fill(2, 77, () => random.Next(3) switch
        {
            0 => -0.0,
            1 => smallest
            * random.Next(1, 100),
            _ => -smallest * random.Next(1, 100)
        });
        using PackedWeights packed = PackedWeights.Bitmask(
            type,
            weights,
            RandomWeights.Kept(random, 2, 77, 0.8),
            instructions);
        float[] result = Multiply(packed.Matrix, [.. Enumerable.Repeat(factor, 77)]);
        for (int row = 0; row < 2; row++)
        {
            ((double)result[row]).ShouldBe(Enumerable.Range(0, 77).Sum(column => weights[row, column] * factor));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_largest_weight_is_finite_and_what_is_not_finite_stays_so(
        InstructionSet instructions,
        ElementType type)
    {
        double largest = type switch
        {
            ElementType.F16 => 65504,
            ElementType.F32 => float.MaxValue,
            _ => BitConverter
            .Int32BitsToSingle(0x7F7F0000)
        };
        foreach (double weight in (double[])[largest, double.PositiveInfinity, double.NaN])
        {
            double[,] weights = new double[2, 40];
            weights[1, 21] = -weight;
            using PackedWeights packed = PackedWeights.Dense(type, weights, instructions);
            float[] result = Multiply(packed.Matrix, [.. Enumerable.Repeat(1f, 40)]);
            result[0].ShouldBe(0);
            float.IsFinite(result[1]).ShouldBe(weight == largest);
            if (weight == largest)
            {
                result[1].ShouldBe((float)-largest);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Bits_depend_neither_on_threads_nor_on_the_other_rows_nor_on_the_other_vectors(
        InstructionSet instructions,
        ElementType type)
    {
        const int Rows = 2500;
        const int Width = 700;
        var random = new Random(5);
        double[,] weights = RandomWeights.Fill(
            Rows,
            Width,
            () => RandomWeights.Rounded(random.NextDouble() - 0.5, type));
        // Rows of very different lengths.
        bool[,] kept = RandomWeights.Kept(random, Rows, Width, 0.4, row => row % 100 == 0 ? 1 : (double)row / Rows);
        using PackedWeights packed = PackedWeights.Bitmask(type, weights, kept, instructions);
        float[] vectors = [.. Enumerable.Range(0, 7 * Width).Select(_ => random.NextSingle() - 0.5f)];
        float[] alone = new float[7 * Rows];
        for (int vector = 0; vector < 7; vector++)
        {
            for (int row = 0; row < Rows; row++)
            {
                MultiplyRow(
                    packed.Matrix,
                    row,
                    vectors.AsSpan(vector * Width, Width),
                    alone.AsSpan(vector * Rows, Rows));
            }
        }

        foreach (int threads in (int[])[1, 2, 3])
        {
            using var backend = new CpuBackend(threads);
            using var team = new VectorProducts(backend);
            foreach (int count in (int[])[1, 2, 3, 4, 7])
            {
                float[] results = new float[count * Rows];
                team.Multiply(packed.Matrix, vectors.AsSpan(0, count * Width), results);
                results.AsSpan().SequenceEqual(alone.AsSpan(0, count * Rows)).ShouldBeTrue();
            }
        }
    }

    private static void ShouldBeExact(PackedWeights packed, Random random)
    {
        const int Count = 5;
        float[] vectors = [.. Enumerable.Range(0, Count * packed.Columns).Select(_ => (float)random.Next(-9, 10))];
        using var guarded = new GuardedMemory(MemoryMarshal.AsBytes(vectors.AsSpan()), 0);
        using var results = new GuardedMemory(new byte[Count * packed.Rows * sizeof(float)], 0);
        using var backend = new CpuBackend(1);
        using var products = new VectorProducts(backend);
        products.Multiply(packed.Matrix, guarded.Floats, results.Floats);
        for (int vector = 0; vector < Count; vector++)
        {
            for (int row = 0; row < packed.Rows; row++)
            {
                double expected = Enumerable.Range(0, packed.Columns)
                    .Sum(column => packed.Weights[row, column] * vectors[vector * packed.Columns + column]);
                ((double)results.Floats[vector * packed.Rows + row]).ShouldBe(
                    expected,
                    $"row {row} of {packed.Rows}, {packed.Columns} columns, vector {vector}");
            }
        }

        // Alone, a vector ends where memory ends.
        using var last = new GuardedMemory(MemoryMarshal.AsBytes(vectors.AsSpan((Count - 1) * packed.Columns)), 0);
        Multiply(packed.Matrix, last.Floats).AsSpan().SequenceEqual(results.Floats[((Count - 1) * packed.Rows)..])
            .ShouldBeTrue();
    }

    private static float[] Multiply(WeightMatrix matrix, ReadOnlySpan<float> vector)
    {
        float[] result = new float[matrix.Rows];
        using var backend = new CpuBackend(1);
        using var products = new VectorProducts(backend);
        products.Multiply(matrix, vector, result);
        return result;
    }

    private static unsafe void MultiplyRow(
        WeightMatrix matrix,
        int row,
        ReadOnlySpan<float> vector,
        Span<float> results)
    {
        using var padded = new PaddedVectors();
        fixed (float* y = results)
        {
            matrix.Multiply(row, row + 1, padded.Copy(vector, matrix), new Vectors(y, (nint)matrix.Rows, 1));
        }
    }
}
