using System.Diagnostics;
using System.Globalization;

namespace SparseLlm.Benchmarks.Cluster;

/// <summary>What a process has taken, in seconds.</summary>
/// <param name="Wall">From its beginning to its end.</param>
/// <param name="Own">Of the processor, itself.</param>
/// <param name="Children">Of the processor, by processes that it has started and that have ended.</param>
internal sealed record ProcessCost(double Wall, double Own, double Children)
{
    // Linux counts in hundredths, whatever its kernel does.
    private const double Ticks = 100;

    /// <summary>Its cells in a table.</summary>
    public override string ToString() => $"{Wall:0.0} s | {Own:0.0} s | {Children:0.0} s";

    /// <summary>What a process has taken so far, as Linux knows; null where it has ended.</summary>
    public static ProcessCost? Of(Process process)
    {
        try
        {
            string line = File.ReadAllText($"/proc/{process.Id}/stat");

            // What follows the name, which may hold anything: the state is the third field, utime the fourteenth.
            string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            double[] times =
                [.. fields[11..15].Select(field => double.Parse(field, CultureInfo.InvariantCulture) / Ticks)];
            return times.Sum() == 0 ? null : new ProcessCost(0, times[0] + times[1], times[2] + times[3]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
