using System.Globalization;
using System.Text.RegularExpressions;

namespace SparseLlm.Recipes;

/// <summary>Times as Slurm writes them: minutes, <c>minutes:seconds</c>, <c>hours:minutes:seconds</c>, and after
/// <c>days-</c> hours, <c>hours:minutes</c> or <c>hours:minutes:seconds</c>.</summary>
internal static partial class SlurmTime
{
    /// <summary>The pattern of a time.</summary>
    public const string Syntax = @"^([0-9]{1,6}-[0-9]{1,4}(:[0-9]{1,4}){0,2}|[0-9]{1,7}(:[0-9]{1,4}){0,2})$";

    /// <summary>The time; null where the text is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (!Pattern().IsMatch(text))
        {
            return null;
        }

        string[] halves = text.Split('-');
        int[] parts = [.. halves[^1].Split(':').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        TimeSpan time = (halves.Length, parts) switch
        {
            (2, _) => new TimeSpan(
                int.Parse(halves[0], CultureInfo.InvariantCulture),
                parts[0],
                parts.ElementAtOrDefault(1),
                parts.ElementAtOrDefault(2)),
            (_, [var minutes]) => TimeSpan.FromMinutes(minutes),
            (_, [var minutes, var seconds]) => new TimeSpan(0, minutes, seconds),
            _ => new TimeSpan(parts[0], parts[1], parts[2]),
        };
        return time > TimeSpan.Zero ? time : null;
    }

    [GeneratedRegex(Syntax)]
    private static partial Regex Pattern();
}
