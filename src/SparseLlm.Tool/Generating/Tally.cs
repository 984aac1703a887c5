using System.Diagnostics;
using System.Globalization;
using SparseLlm.Runtime.Generation;

namespace SparseLlm.Tool.Generating;

/// <summary>Counts tokens, and the time that they take.</summary>
internal sealed class Tally
{
    private TimeSpan reading;
    private TimeSpan generating;
    private int timed;

    /// <summary>Tokens that were read.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>Tokens that were generated.</summary>
    public int GeneratedTokens { get; private set; }

    /// <summary>Tokens of prompts that are read in a second; null where none was.</summary>
    public double? PrefillRate => Rate(PromptTokens, reading);

    /// <summary>Tokens that are generated in a second; null where there is no more than the first, which comes with the
    /// prompt.</summary>
    public double? DecodeRate => Rate(timed, generating);

    /// <summary>The most memory that the process has held, mapped weights included, in bytes.</summary>
    public static long PeakMemory
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Counts the pieces of a text as they go by.</summary>
    public IEnumerable<GeneratedText> Count(IEnumerable<GeneratedText> pieces)
    {
        long begin = Stopwatch.GetTimestamp();
        foreach (GeneratedText piece in pieces)
        {
            TimeSpan taken = Stopwatch.GetElapsedTime(begin);
            GeneratedTokens++;
            if (piece.GeneratedTokens == 1)
            {
                PromptTokens += piece.PromptTokens;
                reading += taken;
            }
            else
            {
                timed++;
                generating += taken;
            }

            yield return piece;

            // Whoever shows a piece may wait for a slow terminal.
            begin = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>All of it, on a line for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{PromptTokens} prompt tokens{Text(PrefillRate)}, {GeneratedTokens} generated{Text(DecodeRate)}; "
        + $"{PeakMemory / 1e6:0} MB of memory at most");

    private static string Text(double? rate)
        => rate is { } known ? string.Create(CultureInfo.InvariantCulture, $" ({known:0.0} a second)") : "";

    private static double? Rate(int tokens, TimeSpan time)
        => tokens > 0 && time > TimeSpan.Zero ? Math.Round(tokens / time.TotalSeconds, 3) : null;
}
