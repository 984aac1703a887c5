using System.Diagnostics;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary>Wall time in seconds.</summary>
internal static class Timing
{
    /// <summary>The time of one run.</summary>
    public static double Of(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>The medians of two actions, in turn, so that whatever else the machine does meets both; the first turn does not count.</summary>
    public static (double One, double Other) SideBySide(int runs, Action one, Action other)
    {
        one();
        other();
        var times = (One: new List<double>(), Other: new List<double>());
        for (int run = 0; run < runs; run++)
        {
            times.One.Add(Of(one));
            times.Other.Add(Of(other));
        }

        return (Median(times.One), Median(times.Other));
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
