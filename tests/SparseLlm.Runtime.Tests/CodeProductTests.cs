using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Tests;

/// <summary>Products of codes and scales with one vector, a few and many, with all instructions that this machine
/// has.</summary>
public sealed class CodeProductTests
{
    private const int Many = VectorProducts.Few + 1;

    public static IEnumerable<object?[]> Kernels =>
        from instructions in InstructionSets.Supported
        from bits in CodeFormat.AllBits
        from density in (double?[])[null, 0.5]
        select new object?[] { instructions, bits, density };

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Matrices_of_any_width_and_group_are_multiplied_and_nothing_behind_them_is_read(
        InstructionSet instructions, int bits, double? density)
    {
        foreach (int columns in (int[])[32, 33, 40, 63, 64, 65, 100, 127, 128, 192, 200, 321, 1000])
        {
            foreach (int group in CodeFormat.Groups.Where(group => group < columns).Append(columns))
            {
                var random = new Random(columns + group);
                using var packed = new PackedCodes(
                    random, 5, columns, new CodeFormat(bits, group), density, instructions);
                packed.Matrix.FirstWrongRow(0, 5).ShouldBeNull();
                ShouldBeNear(packed, random, 1);
                ShouldBeNear(packed, random, 3);
                ShouldBeNear(packed, random, Many);
            }
        }
    }

    // 4096 columns are decoded at once; behind an odd number of codes, the next begin in the middle of a byte.
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Rows_that_are_decoded_in_several_parts_are_multiplied(
        InstructionSet instructions, int bits, double? density)
    {
        foreach (int group in (int[])[32, 256, 9001])
        {
            var random = new Random(group);
            using var packed = new PackedCodes(random, 4, 9001, new CodeFormat(bits, group), density, instructions);
            ShouldBeNear(packed, random, 2);
            ShouldBeNear(packed, random, Many);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Rows_with_few_weights_and_with_all_are_multiplied(
        InstructionSet instructions, int bits, double? density)
    {
        foreach (double share in (double[])[0, 0.02, density ?? 0.9, 1])
        {
            var random = new Random(7);
            using var packed = new PackedCodes(
                random, 9, 300, new CodeFormat(bits, 64), share, instructions, hasLongStarts: true);
            ShouldBeNear(packed, random, 2);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Some_of_the_rows_are_a_matrix_too(InstructionSet instructions, int bits, double? density)
    {
        const int Columns = 200;
        var random = new Random(2);
        using var packed = new PackedCodes(random, 40, Columns, new CodeFormat(bits, 64), density, instructions);
        float[] vectors = Vectors(random, 2, Columns);
        float[] whole = Multiply(packed.Matrix, vectors, 1);
        StoredMatrix slice = packed.Matrix.Slice(10, 20).Slice(5, 7);
        slice.FirstWrongRow(0, 7).ShouldBeNull();
        float[] part = Multiply(slice, vectors, 1);
        for (int vector = 0; vector < 2; vector++)
        {
            part.AsSpan(vector * 7, 7).SequenceEqual(whole.AsSpan(vector * 40 + 15, 7)).ShouldBeTrue();
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Bits_depend_neither_on_threads_nor_on_the_other_vectors(
        InstructionSet instructions, int bits, double? density)
    {
        const int Rows = 3000;
        const int Columns = 700;
        var random = new Random(3);
        using var packed = new PackedCodes(random, Rows, Columns, new CodeFormat(bits, 128), density, instructions);
        float[] vectors = Vectors(random, 5, Columns);
        float[] together = Multiply(packed.Matrix, vectors, 1);
        Multiply(packed.Matrix, vectors, 3).ShouldBe(together);
        for (int vector = 0; vector < 5; vector++)
        {
            Multiply(packed.Matrix, vectors.AsSpan(vector * Columns, Columns), 2)
                .ShouldBe(together.AsSpan(vector * Rows, Rows).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_vector_that_is_not_finite_gives_no_finite_number(
        InstructionSet instructions, int bits, double? density)
    {
        using var packed = new PackedCodes(new Random(5), 3, 128, new CodeFormat(bits, 64), density, instructions);
        foreach (float wrong in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            float[] vector = Vectors(new Random(6), 1, 128);
            vector[70] = wrong;
            Multiply(packed.Matrix, vector, 1).ShouldAllBe(number => !float.IsFinite(number));
        }
    }

    private static float[] Vectors(Random random, int count, int columns)
        => [.. Enumerable.Range(0, count * columns).Select(_ => random.NextSingle() - 0.5f)];

    private static void ShouldBeNear(PackedCodes packed, Random random, int count)
    {
        (int rows, int columns) = (packed.Weights.GetLength(0), packed.Weights.GetLength(1));
        float[] vectors = Vectors(random, count, columns);
        float[] results = Multiply(packed.Matrix, vectors, 1);
        for (int vector = 0; vector < count; vector++)
        {
            for (int row = 0; row < rows; row++)
            {
                (double sum, double error) = (0, 1e-30);
                for (int column = 0; column < columns; column++)
                {
                    double weight = packed.Weights[row, column];
                    sum += weight * vectors[vector * columns + column];
                    error += 1e-6 * Math.Abs(weight * vectors[vector * columns + column]);
                    error += count == Many ? 0 : Math.Abs(weight) * Step(vectors, vector * columns, column, columns) / 2;
                }

                ((double)results[vector * rows + row]).ShouldBe(
                    sum,
                    error,
                    $"row {row}, {columns} columns, vector {vector} of {count}");
            }
        }
    }

    // A few vectors are rounded in blocks of 64 columns to whole numbers up to 32767.
    private static double Step(float[] vectors, int vector, int column, int columns)
    {
        int block = column / 64 * 64;
        return vectors.AsSpan(vector + block, Math.Min(64, columns - block)).ToArray().Max(Math.Abs) / 32767.0;
    }

    private static float[] Multiply(WeightMatrix matrix, ReadOnlySpan<float> vectors, int threads)
    {
        using var guarded = new GuardedMemory(MemoryMarshal.AsBytes(vectors), 0);
        float[] results = new float[vectors.Length / matrix.Columns * matrix.Rows];
        using var backend = new CpuBackend(threads);
        using var products = new VectorProducts(backend);
        products.Multiply(matrix, guarded.Floats, results);
        return results;
    }
}
