namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>Values along an axis, between round numbers.</summary>
internal sealed class Scale
{
    private const int WantedTicks = 5;
    private const int WholeTicks = 16;
    private const double Tolerance = 1e-9;
    private const double LeastUnit = 0.001;
    private const double MostUnit = 0.1;
    private const double LastGap = 0.75;
    private const int FewDecades = 4;

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
        return Between(
            [.. Enumerable.Range(0, (int)(last - first) + 1).Select(tick => (first + tick) * step)],
            value => value);
    }

    /// <summary>
    /// A scale of changes from 0, on which equal ratios of changes are equally long: 1 % and 10 % are as far apart as
    /// 100 % and 1000 %. Around 0 it is linear, and what has become less is below.
    /// </summary>
    /// <param name="changes">What it must hold.</param>
    public static Scale Changes(IReadOnlyList<double> changes)
    {
        double unit = Math.Clamp(
            changes.Select(Math.Abs).Where(change => change > 0).Select(PowerBelow).DefaultIfEmpty(MostUnit).Min(),
            LeastUnit,
            MostUnit);
        double decades = Math.Log10(Math.Max(changes.Max(Math.Abs) / unit, 1));
        double[] digits = decades <= FewDecades ? [1, 3] : [1];
        int stride = Math.Max(1, (int)Math.Ceiling(decades / WantedTicks / 2));
        double[] steps = [.. Enumerable.Range(0, (int)decades / stride + 2)
            .SelectMany(_ => digits, (power, digit) => digit * unit * Math.Pow(10, (double)power * stride)).Where(
                double.IsFinite)];
        double[] down = [.. Reach(steps, -changes.Min()).Select(step => -step).Reverse()];
        double[] up = [.. Reach(steps, changes.Max())];
        return Between(
            down.Length + up.Length == 0 ? [0, unit] : [.. down, 0, .. up],
            change => Math.CopySign(Decades(Math.Abs(change) / unit), change));
    }

    /// <summary>The steps up to the first that is as large as a change.</summary>
    private static IEnumerable<double> Reach(double[] steps, double change) =>
        change <= 0 ? [] : steps.Where((_, index) => index == 0 || steps[index - 1] < change * (1 - Tolerance));

    /// <summary>The logarithm, one higher so that it begins where the linear part ends.</summary>
    private static double Decades(double units) => units <= 1 ? units : 1 + Math.Log10(units);

    private static double PowerBelow(double value) => Math.Pow(10, Math.Floor(Math.Log10(value) + Tolerance));

    /// <summary>A scale of whole numbers, of which the last is labelled, with half of one of them left at both
    /// ends.</summary>
    public static Scale Whole(double first, double last)
    {
        double step = Math.Max(1, Round((last - first) / WholeTicks));
        double length = last - first + 1;
        double[] ticks = [.. Enumerable.Range(0, (int)((last - first) / step) + 1).Select(tick => first + tick * step)
            .Where(tick => tick <= last - LastGap * step), last];
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
