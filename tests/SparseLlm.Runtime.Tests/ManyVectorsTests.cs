using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Numerics.Cpu.Products;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Tests;

/// <summary>Products with so many vectors that weights are unpacked into tiles.</summary>
public sealed class ManyVectorsTests
{
    private const int Many = VectorProducts.Few + 1;

    public static IEnumerable<object[]> Kernels => MatrixProductTests.Kernels;

    // 384 columns are unpacked at once.
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Matrices_of_any_size_and_layout_are_multiplied_exactly(InstructionSet instructions, ElementType type)
    {
        foreach (int columns in (int[])[1, 7, 63, 64, 65, 130, 383, 384, 385, 449, 800])
        {
            foreach (int rows in (int[])[1, 9, 37])
            {
                var random = new Random(columns);
                foreach (double density in (double[])[0, 0.3, 0.7])
                {
                    using PackedWeights masked = PackedWeights.Bitmask(
                        type, RandomWeights.Integers(random, rows, columns), RandomWeights.Kept(
                            random,
                            rows,
                            columns,
                            density), instructions);
                    ShouldBeExact(masked, Many, random);
                }

                using PackedWeights dense = PackedWeights.Dense(
                    type,
                    RandomWeights.Integers(random, rows, columns),
                    instructions);
                ShouldBeExact(dense, Many, random);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Groups_of_any_size_are_multiplied_exactly(InstructionSet instructions, ElementType type)
    {
        foreach ((int keep, int size) in (ReadOnlySpan<(int, int)>)[(1, 2), (2, 4), (3, 4), (5, 8), (3, 16), (31, 32),
            (2, 3), (4, 5), (1, 6)])
        {
            foreach (int columns in (int[])[size, 60 / size * size, 420 / size * size, 900 / size * size])
            {
                var random = new Random(size);
                using PackedWeights packed = PackedWeights.Groups(
                    type,
                    RandomWeights.Integers(random, 11, columns),
                    new GroupPattern(keep, size),
                    random,
                    instructions);
                ShouldBeExact(packed, Many, random);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(25)]
    [InlineData(64)]
    [InlineData(383)]
    [InlineData(385)]
    [InlineData(600)]
    [InlineData(800)]
    public void Any_number_of_vectors_is_multiplied_exactly(int count)
    {
        var random = new Random(count);
        using PackedWeights packed = PackedWeights.Bitmask(
            ElementType.BF16, RandomWeights.Integers(random, 40, 450), RandomWeights.Kept(
                random,
                40,
                450,
                0.5), InstructionSets.Best);
        ShouldBeExact(packed, count, random);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Sums_are_close_to_those_in_double_precision(InstructionSet instructions, ElementType type)
    {
        const int Width = 2501;
        var random = new Random(3);
        double[,] weights = RandomWeights.Fill(13, Width, () => RandomWeights.Rounded(random.NextDouble() - 0.5, type));
        using PackedWeights packed = PackedWeights.Bitmask(
            type,
            weights,
            RandomWeights.Kept(random, 13, Width, 0.5),
            instructions);
        float[] vectors = Vectors(random, Many, Width);
        float[] results = Multiply(packed.Matrix, vectors, 2);
        for (int i = 0; i < results.Length; i++)
        {
            (int vector, int row) = (i / 13, i % 13);
            double sum = 0, magnitude = 0;
            for (int column = 0; column < Width; column++)
            {
                double product = packed.Weights[row, column] * vectors[vector * Width + column];
                sum += product;
                magnitude += Math.Abs(product);
            }

            ((double)results[i]).ShouldBe(sum, magnitude * 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Bits_depend_neither_on_threads_nor_on_the_other_rows_nor_on_the_other_vectors(
        InstructionSet instructions,
        ElementType type)
    {
        const int Rows = 700;
        const int Width = 500;
        var random = new Random(5);
        double[,] weights = RandomWeights.Fill(
            Rows,
            Width,
            () => RandomWeights.Rounded(random.NextDouble() - 0.5, type));
        using PackedWeights packed = PackedWeights.Bitmask(
            type,
            weights,
            RandomWeights.Kept(random, Rows, Width, 0.4, row => row % 100 == 0 ? 1 : (double)row / Rows),
            instructions);
        float[] vectors = Vectors(random, 450, Width);
        float[] all = Multiply(packed.Matrix, vectors, 1);
        foreach (int threads in (int[])[2, 3])
        {
            Multiply(packed.Matrix, vectors, threads).AsSpan().SequenceEqual(all).ShouldBeTrue();
        }

        Multiply(packed.Matrix, vectors.AsSpan(0, Many * Width), 2).AsSpan().SequenceEqual(all.AsSpan(0, Many * Rows))
            .ShouldBeTrue();
        float[] slice = Multiply(packed.Matrix.Slice(333, 1), vectors, 2);
        slice.ShouldBe(Enumerable.Range(0, 450).Select(vector => all[vector * Rows + 333]));
    }

    // Only what fuses multiplication and addition has the same bits.
    [Fact]
    public void All_kernels_give_the_bits_of_a_product_with_the_unpacked_matrix()
    {
        var random = new Random(6);
        double[,] weights = RandomWeights.Fill(
            75,
            900,
            () => RandomWeights.Rounded(random.NextDouble() - 0.5, ElementType.F16));
        float[] vectors = Vectors(random, 50, 900);
        foreach (KernelFamily family in KernelFamilies.Supported)
        {
            using var backend = new CpuBackend(2, family);
            using var products = new VectorProducts(backend);
            foreach (InstructionSet instructions in InstructionSets.Supported)
            {
                using PackedWeights packed = PackedWeights.Bitmask(
                    ElementType.F16,
                    weights,
                    RandomWeights.Kept(new Random(7), 75, 900, 0.5),
                    instructions);
                float[] results = new float[50 * 75];
                products.Multiply(packed.Matrix, vectors, results);
                results.AsSpan().SequenceEqual(MultiplyUnpacked(backend, packed, vectors))
                    .ShouldBeTrue($"{family}, {instructions}");
            }
        }
    }

    [Fact]
    public void Matrices_below_each_other_give_what_they_give_alone()
    {
        var random = new Random(8);
        using PackedWeights top = Create(33);
        using PackedWeights middle = Create(1);
        using PackedWeights bottom = Create(70);
        float[] vectors = Vectors(random, 30, 600);
        float[] together = Multiply(
            new StackedMatrix(top.Matrix, middle.Matrix, bottom.Matrix.Slice(2, 5), bottom.Matrix),
            vectors,
            2);
        float[][] alone = [Multiply(top.Matrix, vectors, 1), Multiply(middle
            .Matrix, vectors, 1), Multiply(bottom.Matrix.Slice(2, 5), vectors, 1), Multiply(bottom.Matrix, vectors, 1)];
        for (int vector = 0; vector < 30; vector++)
        {
            together[(vector * 109)..((vector + 1) * 109)].ShouldBe(
                alone.SelectMany(part => part.Skip(vector * (part.Length / 30)).Take(part.Length / 30)));
        }

        PackedWeights Create(int rows) => PackedWeights.Bitmask(
            ElementType.BF16, RandomWeights.Fill(
                rows,
                600,
                () => RandomWeights.Rounded(random.NextDouble(), ElementType.BF16)),
                RandomWeights.Kept(random, rows, 600, 0.5), InstructionSets.Best);
    }

    private static void ShouldBeExact(PackedWeights packed, int count, Random random)
    {
        float[] vectors = [.. Enumerable.Range(0, count * packed.Columns).Select(_ => (float)random.Next(-9, 10))];
        float[] results = Multiply(packed.Matrix, vectors, 2);
        for (int vector = 0; vector < count; vector++)
        {
            for (int row = 0; row < packed.Rows; row++)
            {
                double expected = 0;
                for (int column = 0; column < packed.Columns; column++)
                {
                    expected += packed.Weights[row, column] * vectors[vector * packed.Columns + column];
                }

                if (results[vector * packed.Rows + row] != expected)
                {
                    results[vector * packed.Rows + row].ShouldBe(
                        (float)expected,
                        $"row {row} of {packed.Rows}, {packed.Columns} columns, vector {vector} of {count}");
                }
            }
        }
    }

    private static float[] Multiply(WeightMatrix matrix, ReadOnlySpan<float> vectors, int threads)
    {
        float[] results = new float[vectors.Length / matrix.Columns * matrix.Rows];
        using var backend = new CpuBackend(threads);
        using var products = new VectorProducts(backend);
        products.Multiply(matrix, vectors, results);
        return results;
    }

    private static float[] MultiplyUnpacked(CpuBackend backend, PackedWeights packed, float[] vectors)
    {
        using Matrix<float> weights = backend.Allocate<float>(packed.Rows, packed.Columns);
        using Matrix<float> x = backend.Allocate<float>(vectors.Length / packed.Columns, packed.Columns);
        using Matrix<float> y = backend.Allocate<float>(x.Rows, packed.Rows);
        backend.Upload<float>([.. packed.Weights.Cast<double>().Select(weight => (float)weight)], weights);
        backend.Upload<float>(vectors, x);
        backend.Multiply(x, false, weights, true, y);
        float[] results = new float[y.Length];
        backend.Download(y, results);
        return results;
    }

    private static float[] Vectors(Random random, int count, int columns)
        => [.. Enumerable.Range(0, count * columns).Select(_ => random.NextSingle() - 0.5f)];
}
