namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    [SkippableFact]
    public void Allocated_matrices_are_zero_even_on_memory_used_before()
    {
        for (int round = 0; round < 3; round++)
        {
            using Matrix<float> matrix = Backend.Allocate<float>(123, 457);
            Backend.Read(matrix).ShouldAllBe(value => value == 0);
            Backend.Upload<float>(Enumerable.Repeat(1f, 123 * 457).ToArray(), matrix);
        }
    }

    [SkippableFact]
    public void Slices_share_memory_and_outlive_nothing_but_their_parent()
    {
        Matrix<float> parent = Backend.Allocate<float>(5, 3);
        using (Matrix<float> slice = parent.Slice(1, 3).Slice(1, 1))
        {
            slice.Rows.ShouldBe(1);
            Backend.Upload<float>([1, 2, 3], slice);
        }

        Backend.Read(parent).ShouldBe([0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0]);
        Matrix<float> late = parent.Slice(2, 1);
        parent.Dispose();
        parent.Dispose();
        Should.Throw<ObjectDisposedException>(() => Backend.Read(late));
    }

    [SkippableFact]
    public void Other_shapes_have_the_same_elements_on_the_same_memory()
    {
        using Matrix<float> parent = Backend.Float(Reference.Fill(6, 4, (i, j) => 4 * i + j));
        Matrix<float> wide = parent.Slice(2, 3).Reshape(2, 6);
        wide.Rows.ShouldBe(2);
        wide.Columns.ShouldBe(6);
        Backend.Read(wide).ShouldBe([.. Enumerable.Range(8, 12).Select(i => (float)i)]);
        Backend.Upload<float>([-1, -2, -3, -4, -5, -6], wide.Slice(1, 1));
        Backend.Read(parent).Skip(13).Take(8).ShouldBe([13, -1, -2, -3, -4, -5, -6, 20]);
        Should.Throw<ArgumentException>(
            () => Backend.Multiply(wide, false, Backend.Allocate<float>(6, 4), false, parent.Slice(4, 2)));
        Backend.Multiply(wide, false, Backend.Allocate<float>(6, 4), false, parent.Slice(0, 2));
        Should.Throw<ArgumentException>(() => parent.Reshape(5, 5));
        Should.Throw<ArgumentException>(() => parent.Reshape(-6, -4));
        parent.Dispose();
        Should.Throw<ObjectDisposedException>(() => Backend.Read(wide));
    }

    [SkippableFact]
    public void A_slice_keeps_the_memory_of_a_parent_that_nobody_holds()
    {
        Matrix<float> slice = SliceOfForgottenParent();
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Backend.AllocateUninitialized<float>(100, 100);
        }

        Backend.Read(slice).ShouldAllBe(value => value == 42);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private Matrix<float> SliceOfForgottenParent()
        => Backend.Float(Reference.Fill(100, 100, (_, _) => 42)).Slice(10, 50);

    [SkippableFact]
    public void Slices_outside_their_parent_are_refused()
    {
        using Matrix<float> parent = Backend.Allocate<float>(5, 3);
        Should.Throw<ArgumentException>(() => parent.Slice(-1, 1));
        Should.Throw<ArgumentException>(() => parent.Slice(4, 2));
        Should.Throw<ArgumentException>(() => parent.Slice(0, -1));
    }

    [SkippableTheory]
    [InlineData(NumberFormat.Single)]
    [InlineData(NumberFormat.Half)]
    [InlineData(NumberFormat.BFloat16)]
    public void Numbers_of_a_file_come_in_exactly_and_go_out_rounded_to_nearest(NumberFormat format)
    {
        float[] values = [.. SomeNumbers(format)];
        byte[] expected = new byte[values.Length * format.Size()];
        NumberFormats.FromSingle(values, format, expected);
        using Matrix<float> matrix = Backend.Allocate<float>(5, values.Length);
        using Matrix<float> row = matrix.Slice(2, 1);
        Backend.Upload<float>(values, row);
        byte[] stored = new byte[expected.Length];
        Backend.Download(row, format, stored);
        stored.ShouldBe(expected);

        using Matrix<float> back = matrix.Slice(3, 1);
        Backend.Upload(stored, format, back);
        float[] exact = new float[values.Length];
        NumberFormats.ToSingle(stored, format, exact);
        exact.ShouldBe(values.Select(value => Nearest(value, format)));
        Backend.Read(back).ShouldBe(exact);
        Should.Throw<ArgumentException>(() => Backend.Upload(stored.AsSpan(1), format, back));
        Should.Throw<ArgumentException>(() => Backend.Download(back, format, stored.AsSpan(1)));
    }

    /// <summary>The nearest number of a format, among two the even one, by arithmetic in double precision.</summary>
    private static float Nearest(float value, NumberFormat format)
    {
        (int mantissa, int leastExponent) = format switch
        {
            NumberFormat.Half => (10, -14),
            NumberFormat.BFloat16 => (7, -126),
            _ => (23, -126),
        };
        double step = Math.ScaleB(1, Math.Max(Math.ILogB(value), leastExponent) - mantissa);
        return (float)(Math.Round(value / step, MidpointRounding.ToEven) * step);
    }

    /// <summary>Of all magnitudes that a format has, ties among them, in its own numbers and between them.</summary>
    private static IEnumerable<float> SomeNumbers(NumberFormat format)
    {
        float next = format == NumberFormat.Half ? 1 / 1024f : 1 / 128f;
        for (
            int exponent = format == NumberFormat.Half ? -27 : -140;
            exponent <= (format == NumberFormat.Half ? 15 : 126);
            exponent++)
        {
            foreach (float mantissa in new[] { 1, 1 + next / 2, 1 + next, 1 + 1.5f * next, 1 + 0.7f * next })
            {
                yield return MathF.ScaleB(mantissa, exponent);
                yield return -MathF.ScaleB(mantissa, exponent);
            }
        }
    }

    [SkippableFact]
    public void Transfers_of_other_lengths_are_refused()
    {
        using Matrix<float> matrix = Backend.Allocate<float>(2, 3);
        Should.Throw<ArgumentException>(() => Backend.Upload<float>(new float[5], matrix));
        Should.Throw<ArgumentException>(() => Backend.Download<float>(matrix, new float[7]));
        Should.Throw<ArgumentException>(() => Backend.Copy(matrix, Backend.Allocate<float>(3, 2)));
        Should.Throw<ArgumentException>(() => Backend.Convert(matrix, Backend.Allocate<double>(3, 2)));
        Should.Throw<ArgumentException>(() => Backend.Transpose(matrix, Backend.Allocate<float>(2, 3)));
    }

    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(33, 70)]
    [InlineData(257, 130)]
    public void Copies_conversions_and_transposes_are_exact(int rows, int columns)
    {
        double[,] values = Reference.Random(rows, columns, 1);
        using Matrix<float> x = Backend.Float(values);
        using Matrix<float> copy = Backend.AllocateUninitialized<float>(rows, columns);
        using Matrix<double> wide = Backend.AllocateUninitialized<double>(rows, columns);
        using Matrix<float> transposed = Backend.AllocateUninitialized<float>(columns, rows);
        Backend.Copy(x, copy);
        Backend.Convert(x, wide);
        Backend.Transpose(x, transposed);
        Backend.ReadWide(copy).ShouldBe(Reference.Flatten(values));
        Backend.Read(wide).ShouldBe(Reference.Flatten(values));
        Backend.ReadWide(transposed).ShouldBe(Reference.Flatten(Reference.Transpose(values)));
    }

    [SkippableFact]
    public void Doubles_are_rounded_to_nearest()
    {
        double[] values = [.. Enumerable.Range(0, 19).Select(i => 1 + i * 1.7e-8), 1e300, -1e-300, 0.1];
        using Matrix<double> wide = Backend.AllocateUninitialized<double>(1, values.Length);
        using Matrix<float> narrow = Backend.AllocateUninitialized<float>(1, values.Length);
        Backend.Upload<double>(values, wide);
        Backend.Convert(wide, narrow);
        Backend.Read(narrow).ShouldBe([.. values.Select(value => (float)value)]);
    }

    [SkippableFact]
    public void Integers_can_be_stored()
    {
        using Matrix<int> ids = Backend.AllocateUninitialized<int>(1, 3);
        Backend.Upload<int>([1, -2, 3], ids);
        var read = new int[3];
        Backend.Download(ids, read);
        read.ShouldBe([1, -2, 3]);
    }

    [SkippableFact]
    public async Task Allocation_slices_and_transfer_work_beside_products()
    {
        double[,] a = Reference.Random(60, 70, 1);
        double[,] b = Reference.Random(70, 50, 2);
        using Matrix<float> left = Backend.Float(a);
        using Matrix<float> right = Backend.Float(b);
        using Matrix<float> product = Backend.AllocateUninitialized<float>(60, 50);
        Task transfers = Task.Run(() =>
        {
            for (int round = 0; round < 50; round++)
            {
                using Matrix<float> matrix = Backend.Allocate<float>(40, 30);
                float[] row = [.. Enumerable.Range(0, 30).Select(i => (float)(i + round))];
                Backend.Upload<float>(row, matrix.Slice(7, 1));
                Backend.Read(matrix).Skip(7 * 30).Take(30).ShouldBe(row);
            }
        });
        for (int round = 0; round < 50; round++)
        {
            Backend.Multiply(left, false, right, false, product);
        }

        await transfers;
        Reference.ShouldBeClose(Backend.ReadWide(product), Reference.Flatten(Reference.Multiply(a, b)), 1e-5);
    }
}
