namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    [SkippableTheory]
    [InlineData(1, 1, 1)]
    [InlineData(37, 53, 0)]
    [InlineData(37, 53, 1)]
    [InlineData(37, 53, 900)]
    [InlineData(37, 53, 37 * 53)]
    [InlineData(300, 400, 70001)]
    public void Exactly_the_largest_are_kept(int rows, int columns, int keep)
    {
        ShouldKeepLargest(Reference.Random(rows, columns, 1), keep);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1234)]
    [InlineData(50000)]
    [InlineData(119999)]
    public void Among_equals_the_lower_index_is_kept(int keep)
    {
        double[,] random = Reference.Random(300, 400, 1);
        ShouldKeepLargest(Reference.Fill(300, 400, (i, j) => Math.Round(random[i, j] * 3) * -0.5), keep);
    }

    [SkippableFact]
    public void Of_all_equal_scores_the_first_are_kept() => ShouldKeepLargest(new double[200, 301], 33333);

    [SkippableFact]
    public void Very_small_and_very_large_scores_are_ordered()
    {
        var random = new Random(3);
        ShouldKeepLargest(
            Reference.Fill(50, 60, (_, _) => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-44, 38))),
            1500);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12345)]
    [InlineData(24000)]
    public void Rows_share_the_kept_evenly(int keep)
    {
        double[,] random = Reference.Random(60, 400, 1);
        double[,] scores = Reference.Fill(60, 400, (i, j) => Math.Round(random[i, j] * 50));
        var expected = new double[60, 400];
        for (int i = 0; i < 60; i++)
        {
            long count = (long)keep * (i + 1) / 60 - (long)keep * i / 60;
            Reference.KeepLargest(
                [.. Enumerable.Range(0, 400).Select(j => (i, j))],
                (r, c) => scores[r, c],
                count,
                expected);
        }

        using Matrix<float> mask = Backend.AllocateUninitialized<float>(60, 400);
        Backend.KeepLargestPerRow(Backend.Float(scores), keep, mask);
        Reference.ShouldBeClose(Backend.ReadWide(mask), Reference.Flatten(expected), 0);
        Backend.CountNonZero(mask).ShouldBe(keep);
    }

    [SkippableTheory]
    [InlineData(2, 4)]
    [InlineData(1, 4)]
    [InlineData(4, 8)]
    [InlineData(3, 5)]
    [InlineData(0, 2)]
    [InlineData(3, 3)]
    public void Groups_keep_their_largest(int keep, int group)
    {
        int columns = group * 9;
        double[,] random = Reference.Random(61, columns, 1);
        double[,] scores = Reference.Fill(61, columns, (i, j) => Math.Round(random[i, j] * 4));
        var expected = new double[61, columns];
        for (int i = 0; i < 61; i++)
        {
            for (int start = 0; start < columns; start += group)
            {
                Reference.KeepLargest(
                    [.. Enumerable.Range(start, group).Select(j => (i, j))], (r, c) => scores[r, c], keep, expected);
            }
        }

        using Matrix<float> mask = Backend.AllocateUninitialized<float>(61, columns);
        Backend.KeepLargestPerGroup(Backend.Float(scores), keep, group, mask);
        Reference.ShouldBeClose(Backend.ReadWide(mask), Reference.Flatten(expected), 0);
    }

    [SkippableFact]
    public void Differences_and_non_zeros_are_counted()
    {
        double[,] x = Reference.Fill(130, 517, (i, j) => (i * j) % 3);
        double[,] y = Reference.Fill(130, 517, (i, j) => (i * j) % 5);
        using Matrix<float> left = Backend.Float(x);
        Backend.CountNonZero(left).ShouldBe(Reference.Flatten(x).Count(value => value != 0));
        Backend.CountDifferent(left, Backend.Float(y))
            .ShouldBe(Reference.Flatten(x).Zip(Reference.Flatten(y)).Count(pair => pair.First != pair.Second));
    }

    [SkippableTheory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(0.4)]
    [InlineData(0.5)]
    [InlineData(0.50000000001)]
    [InlineData(2)]
    public void Magnitudes_above_a_threshold_are_counted(double threshold)
    {
        double[,] x = Reference.Fill(130, 517, (i, j) => ((i * j) % 5 - 2) * 0.5);
        Backend.CountAbove(Backend.Float(x), threshold)
            .ShouldBe(Reference.Flatten(x).Count(value => Math.Abs(value) > threshold));
    }

    [SkippableFact]
    public void Impossible_selections_are_refused()
    {
        using Matrix<float> scores = Backend.Allocate<float>(3, 4);
        using Matrix<float> mask = Backend.Allocate<float>(3, 4);
        Should.Throw<ArgumentException>(() => Backend.KeepLargest(scores, 13, mask));
        Should.Throw<ArgumentException>(() => Backend.KeepLargest(scores, -1, mask));
        Should.Throw<ArgumentException>(() => Backend.KeepLargest(scores, 1, scores));
        Should.Throw<ArgumentException>(() => Backend.KeepLargestPerRow(scores, 13, mask));
        Should.Throw<ArgumentException>(() => Backend.KeepLargestPerGroup(scores, 1, 3, mask));
        Should.Throw<ArgumentException>(() => Backend.KeepLargestPerGroup(scores, 3, 2, mask));
        Should.Throw<ArgumentException>(() => Backend.CountDifferent(scores, Backend.Allocate<float>(4, 3)));
    }

    private void ShouldKeepLargest(double[,] scores, int keep)
    {
        int columns = scores.GetLength(1);
        var expected = new double[scores.GetLength(0), columns];
        Reference.KeepLargest(
            [.. Enumerable.Range(0, scores.Length).Select(e => (e / columns, e
                % columns))], (i, j) => scores[i, j], keep, expected);
        using Matrix<float> mask = Backend.AllocateUninitialized<float>(scores.GetLength(0), columns);
        Backend.KeepLargest(Backend.Float(scores), keep, mask);
        Reference.ShouldBeClose(Backend.ReadWide(mask), Reference.Flatten(expected), 0);
    }
}
