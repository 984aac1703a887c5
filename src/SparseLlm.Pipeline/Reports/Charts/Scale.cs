namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>Values along an axis, between round numbers.</summary>
internal sealed class Scale
{
    private const int WantedTicks = 5;
    private const int WholeTicks = 16;
    private const double Tolerance = 1e-9;

    private readonly Func<double, double> place;

    private Scale(IReadOnlyList<double> ticks, Func<double, double> place) => (Ticks, this.place) = (ticks, place);

    /// <summary>Where the axis is labelled.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>A scale on which equal differences are equally long.</summary>
    /// <param name="values">What it must hold.</param>
    public static Scale Linear(IReadOnlyList<double> values)
    {
        (double low, double high) = (values.Min(), values.Max());
        double step = Round((high > low ? high - low : Math.Max(Math.Abs(high), 1)) / WantedTicks);
        double first = Math.Floor(low / step + Tolerance);
        double last = Math.Max(Math.Ceiling(high / step - Tolerance), first + 1);
        return Between([.. Enumerable.Range(0, (int)(last - first) + 1).Select(tick => (first + tick) * step)], value => value);
    }

    /// <summary>A scale on which equal ratios are equally long.</summary>
    /// <param name="values">What it must hold; all positive.</param>
    public static Scale Logarithmic(IReadOnlyList<double> values)
    {
        (double low, double high) = (values.Min(), values.Max());
        double[] ticks = [.. Enumerable.Range((int)Math.Floor(Math.Log10(low)), (int)Math.Ceiling(Math.Log10(high) - Math.Log10(low)) + 2)
            .SelectMany(power => (double[])[1, 2, 5], (power, digit) => digit * Math.Pow(10, power))];
        double first = ticks.Last(tick => tick <= low * (1 + Tolerance));
        double last = ticks.First(tick => tick >= high * (1 - Tolerance) && tick > first);
        return Between([.. ticks.Where(tick => tick >= first && tick <= last)], Math.Log);
    }

    /// <summary>A scale of whole numbers, with half of one of them left at both ends.</summary>
    public static Scale Whole(double first, double last)
    {
        double step = Math.Max(1, Round((last - first) / WholeTicks));
        double length = last - first + 1;
        double[] ticks = [.. Enumerable.Range(0, (int)((last - first) / step) + 1).Select(tick => first + tick * step)];
        return new Scale(ticks, value => (value - first + 0.5) / length);
    }

    /// <summary>Where a value is: 0 at the beginning of the axis, 1 at its end.</summary>
    public double Place(double value) => place(value);

    /// <summary>A scale that reaches from its first tick to its last.</summary>
    private static Scale Between(double[] ticks, Func<double, double> transform)
    {
        (double first, double last) = (transform(ticks[0]), transform(ticks[^1]));
        return new Scale(ticks, value => (transform(value) - first) / (last - first));
    }

    /// <summary>The next number that is 1, 2 or 5 times a power of ten.</summary>
    private static double Round(double value)
    {
        if (value <= 0)
        {
            return 0;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * (value / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }
}
