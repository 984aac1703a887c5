using System.Diagnostics;

namespace SparseLlm.Benchmarks.Workloads;

/// <summary>Wall time in seconds.</summary>
public static class Timing
{
    /// <summary>The time of one run.</summary>
    public static double Of(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>The medians of two actions, in turn, so that whatever else the machine does meets both; the first turn
    /// does not count.</summary>
    public static (double One, double Other) SideBySide(int runs, Action one, Action other)
    {
        PairedTimes times = Pair(runs, () => Of(one), () => Of(other));
        return (times.One, times.Other);
    }

    /// <summary>Two measurements in turn, of which each returns its own time.</summary>
    /// <param name="runs">How often.</param>
    /// <param name="one">Seconds of the one.</param>
    /// <param name="other">Seconds of the other.</param>
    /// <param name="warmUp">Whether to begin with a turn that does not count.</param>
    public static PairedTimes Pair(int runs, Func<double> one, Func<double> other, bool warmUp = true)
    {
        if (warmUp)
        {
            one();
            other();
        }

        var times = new List<(double One, double Other)>();
        for (int run = 0; run < runs; run++)
        {
            times.Add((one(), other()));
        }

        return new PairedTimes(
            Median(times.Select(time => time.One)), Median(times.Select(time => time
                .Other)), Median(times.Select(time => time.Other / time.One)));
    }

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>What came of measurements in turn.</summary>
/// <param name="One">The median of the one, in seconds.</param>
/// <param name="Other">The median of the other, in seconds.</param>
/// <param name="Speed">How many times as fast the one is: the median over the turns.</param>
public sealed record PairedTimes(double One, double Other, double Speed);
