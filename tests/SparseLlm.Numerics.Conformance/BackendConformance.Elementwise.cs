namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    private const int Height = 131;
    private const int Width = 517;

    private static readonly double[,] X = Reference.Random(Height, Width, 11);
    private static readonly double[,] Y = Reference.Random(Height, Width, 12);
    private static readonly float[] RowFactors = [.. Enumerable.Range(0, Height).Select(i => i / 7f - 3)];
    private static readonly float[] ColumnFactors = [.. Enumerable.Range(0, Width).Select(j => j / 70f - 3)];

    [SkippableFact]
    public void Matrices_are_combined_also_in_place()
    {
        using Matrix<float> x = Backend.Float(X);
        Backend.Combine(2, x, -3, Backend.Float(Y), x);
        Reference.ShouldBeClose(Backend.ReadWide(x), Flat((i, j) => 2 * X[i, j] - 3 * Y[i, j]), 1e-6);
        using Matrix<double> wide = Backend.Double(X);
        Backend.Combine(2, wide, -3, Backend.Double(Y), wide);
        Reference.ShouldBeClose(Backend.Read(wide), Flat((i, j) => 2 * X[i, j] - 3 * Y[i, j]), 1e-15);
    }

    [SkippableFact]
    public void Products_by_element_are_exact_for_masks()
    {
        double[,] mask = Reference.Fill(Height, Width, (i, j) => (i + j) % 3 == 0 ? 1 : 0);
        using Matrix<float> x = Backend.Float(X);
        Backend.Hadamard(x, Backend.Float(mask), x);
        Backend.ReadWide(x).ShouldBe(Flat((i, j) => X[i, j] * mask[i, j]));
    }

    [SkippableFact]
    public void Rows_and_columns_are_added_and_scaled()
    {
        double[,] row = Reference.Random(1, Width, 13);
        using Matrix<float> x = Backend.Float(X);
        Backend.AddRow(x, Backend.Float(row));
        Reference.ShouldBeClose(Backend.ReadWide(x), Flat((i, j) => X[i, j] + row[0, j]), 1e-6);

        using Matrix<float> added = Backend.Float(X);
        Backend.AddScaledRows(added, RowFactors, Backend.Float(Y));
        Reference.ShouldBeClose(Backend.ReadWide(added), Flat((i, j) => X[i, j] + RowFactors[i] * Y[i, j]), 1e-6);

        using Matrix<float> rows = Backend.Float(X);
        Backend.ScaleRows(rows, RowFactors);
        Reference.ShouldBeClose(Backend.ReadWide(rows), Flat((i, j) => X[i, j] * RowFactors[i]), 1e-6);

        using Matrix<float> columns = Backend.Float(X);
        Backend.ScaleColumns(columns, ColumnFactors);
        Reference.ShouldBeClose(Backend.ReadWide(columns), Flat((i, j) => X[i, j] * ColumnFactors[j]), 1e-6);
    }

    [SkippableFact]
    public void Gathered_rows_are_added_back_to_where_they_came_from()
    {
        int[] rows = [.. Enumerable.Range(0, Height / 2).Select(i => (i * 37 + 5) % Height)];
        float[] coefficients = RowFactors[..rows.Length];
        using Matrix<float> sums = Backend.Float(X);
        using Matrix<float> source = Backend.Float(Y).Slice(0, rows.Length);
        Backend.AddToRows(sums, rows, coefficients, source);
        Reference.ShouldBeClose(Backend.ReadWide(sums), Flat((i, j) =>
            X[i, j] + (Array.IndexOf(rows, i) is >= 0 and var row ? coefficients[row] * Y[row, j] : 0)), 1e-6);

        Should.Throw<ArgumentException>(() => Backend.AddToRows(sums, [.. rows[1..], Height], coefficients, source));
        Should.Throw<ArgumentException>(() => Backend.AddToRows(sums, [.. rows[1..], -1], coefficients, source));
        Should.Throw<ArgumentException>(() => Backend.AddToRows(sums, [.. rows[1..], rows[1]], coefficients, source));
        Should.Throw<ArgumentException>(() => Backend.AddToRows(sums, rows, coefficients[1..], source));
        Should.Throw<ArgumentException>(() => Backend.AddToRows(sums, rows[1..], coefficients[1..], source));
    }

    [SkippableFact]
    public void Symmetric_scaling_keeps_symmetry_exactly()
    {
        double[,] gram = Reference.Gram(77, 1);
        double[] factors = [.. Enumerable.Range(0, 77).Select(i => 1 / (0.3 + i))];
        using Matrix<double> h = Backend.Double(gram);
        Backend.ScaleSymmetric(h, factors);
        double[] scaled = Backend.Read(h);
        Reference.ShouldBeClose(
            scaled,
            Reference.Flatten(Fill64(77, 77, (i, j) => gram[i, j] * factors[i] * factors[j])),
            1e-15);
        Enumerable.Range(0, 77 * 77).ShouldAllBe(e => scaled[e] == scaled[e % 77 * 77 + e / 77]);
    }

    [SkippableFact]
    public void Diagonals_are_read_and_raised()
    {
        double[,] gram = Reference.Gram(13, 1);
        using Matrix<double> h = Backend.Double(gram);
        Backend.AddDiagonal(h, 2.5);
        var diagonal = new double[13];
        Backend.Diagonal(h, diagonal);
        diagonal.ShouldBe([.. Enumerable.Range(0, 13).Select(i => gram[i, i] + 2.5)]);
        Backend.Read(h)[1].ShouldBe(gram[0, 1]);
    }

    [SkippableFact]
    public void Outer_products_are_added()
    {
        double[,] x = Reference.Random(1, 45, 1);
        double[,] y = Reference.Random(1, 67, 2);
        double[,] h = Reference.Random(45, 67, 3);
        using Matrix<double> sum = Backend.Double(h);
        Backend.AddOuterProduct(-0.5, Backend.Double(x), Backend.Double(y), sum);
        Reference.ShouldBeClose(
            Backend.Read(sum), Reference.Flatten(Fill64(45, 67, (i, j) => h[i, j] - 0.5 * x[0, i] * y[0, j])), 1e-15);
    }

    [SkippableFact]
    public void Dot_products_are_summed_in_double_precision()
    {
        double[] rows = [.. Enumerable.Range(0, Height)
            .Select(i => Enumerable.Range(0, Width).Sum(j => X[i, j] * Y[i, j]))];
        Backend.Dot(Backend.Float(X), Backend.Float(Y)).ShouldBe(rows.Sum(), 1e-10);
        Backend.Dot(Backend.Double(X), Backend.Double(Y)).ShouldBe(rows.Sum(), 1e-10);
        var sums = new double[Height];
        Backend.RowDots(Backend.Float(X), Backend.Float(Y), sums);
        Reference.ShouldBeClose(sums, rows, 1e-12);
    }

    [SkippableFact]
    public void Magnitudes_are_summed_in_double_precision() =>
        Backend.SumMagnitudes(Backend.Float(X)).ShouldBe(Reference.Flatten(X).Sum(Math.Abs), 1e-7);

    [SkippableTheory]
    [InlineData(0, float.NaN)]
    [InlineData(131 * 517 - 1, float.PositiveInfinity)]
    [InlineData(40000, float.NegativeInfinity)]
    public void The_first_number_that_is_not_finite_is_found(int index, float value)
    {
        using Matrix<float> x = Backend.Float(X);
        Backend.FirstNonFinite(x).ShouldBe(-1);
        float[] values = Backend.Read(x);
        values[index] = value;
        values[^1] = value;
        Backend.Upload<float>(values, x);
        Backend.FirstNonFinite(x).ShouldBe(index);
        using Matrix<double> wide = Backend.AllocateUninitialized<double>(Height, Width);
        Backend.Convert(x, wide);
        Backend.FirstNonFinite(wide).ShouldBe(index);
    }

    [SkippableFact]
    public void The_largest_finite_numbers_are_finite()
    {
        using Matrix<float> x = Backend.Allocate<float>(1, 40);
        Backend.Upload<float>(Enumerable.Repeat(float.MaxValue, 40).ToArray(), x);
        Backend.FirstNonFinite(x).ShouldBe(-1);
    }

    [SkippableFact]
    public void Elementwise_operations_of_wrong_shapes_are_refused()
    {
        using Matrix<float> x = Backend.Allocate<float>(3, 4);
        using Matrix<float> y = Backend.Allocate<float>(4, 3);
        using Matrix<double> wide = Backend.Allocate<double>(3, 4);
        Should.Throw<ArgumentException>(() => Backend.Combine(1, x, 1, y, x));
        Should.Throw<ArgumentException>(() => Backend.Hadamard(x, x, y));
        Should.Throw<ArgumentException>(() => Backend.AddRow(x, y));
        Should.Throw<ArgumentException>(() => Backend.AddScaledRows(x, new float[4], x));
        Should.Throw<ArgumentException>(() => Backend.ScaleRows(x, new float[4]));
        Should.Throw<ArgumentException>(() => Backend.ScaleColumns(x, new float[3]));
        Should.Throw<ArgumentException>(() => Backend.AddDiagonal(wide, 1));
        Should.Throw<ArgumentException>(() => Backend.Diagonal(wide, new double[3]));
        Should.Throw<ArgumentException>(() => Backend.RowDots(x, x, new double[4]));
    }

    [SkippableFact]
    public void Reductions_give_the_same_bits_for_any_number_of_threads() => ShouldNotDependOnThreads(device =>
    {
        using Matrix<double> sums = device.Allocate<double>(1, Width);
        device.AccumulateColumnSums(device.Float(X), sums);
        device.AccumulateColumnSquares(device.Float(X), sums);
        return [device.Dot(device.Float(X), device.Float(Y)), .. device.Read(sums)];
    });

    private static double[] Flat(Func<int, int, double> value) => Reference.Flatten(Fill64(Height, Width, value));

    private static double[,] Fill64(int rows, int columns, Func<int, int, double> value)
    {
        var matrix = new double[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                matrix[i, j] = value(i, j);
            }
        }

        return matrix;
    }
}
