using System.Globalization;
using System.Text.RegularExpressions;

namespace SparseLlm.Pruning.Settings;

/// <summary>Sizes as people write them: <c>20GB</c>, <c>1.5 GiB</c>, <c>4096</c>.</summary>
public static partial class ByteSize
{
    private const string Prefixes = "KMGT";

    /// <summary>Bytes in a size; null where it is none.</summary>
    public static long? Parse(string text)
    {
        Match match = Form().Match(text.Trim());
        if (!match.Success)
        {
            return null;
        }

        double number = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        string prefix = match.Groups["prefix"].Value.ToUpperInvariant();
        double factor = prefix.Length == 0
            ? 1
            : Math.Pow(
                match.Groups["binary"].Success ? 1024 : 1000,
                Prefixes.IndexOf(prefix, StringComparison.Ordinal) + 1);
        double bytes = number * factor;
        return bytes < long.MaxValue ? (long)bytes : null;
    }

    /// <summary>A size in the largest unit that it has one of.</summary>
    public static string Format(long bytes)
    {
        int power = bytes < 1000 ? 0 : Math.Min(Prefixes.Length, (int)Math.Log(bytes, 1000));
        return power == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{bytes / Math.Pow(1000, power):0.0} {(power == 1 ? 'k' : Prefixes[power - 1])}B");
    }

    [GeneratedRegex(@"^(?<number>[0-9]+(\.[0-9]+)?) ?((?<prefix>[kmgt])(?<binary>i)?)?b?$", RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
