using System.Globalization;
using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Reports;

/// <summary>Numbers as reports print them, the same everywhere.</summary>
internal static class Figures
{
    private const int Unit = 1024;
    private const int SecondsPerMinute = 60;

    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A share as 70.00 %.</summary>
    public static string Share(double value) => value.ToString("0.00 %", CultureInfo.InvariantCulture);

    /// <summary>A share that may not be known; nothing then.</summary>
    public static string Share(double? value) => value is { } known ? Share(known) : "";

    /// <summary>A change as +12.3 %.</summary>
    public static string Change(double value) => value.ToString("+0.0 %;-0.0 %;0.0 %", CultureInfo.InvariantCulture);

    /// <summary>A perplexity.</summary>
    public static string Perplexity(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>A relative error; nothing where none was measured.</summary>
    public static string Error(double? value) => value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "";

    /// <summary>A whole number.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A size in the largest unit of which there is one.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= Unit && unit < Units.Length - 1)
        {
            value /= Unit;
            unit++;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {Units[unit]}");
    }

    /// <summary>A size that may not be known; nothing then.</summary>
    public static string Bytes(long? bytes) => bytes is { } known ? Bytes(known) : "";

    /// <summary>What the weights take compressed, with a sign where only a sample was; nothing where it is not
    /// known.</summary>
    public static string Compressed(CompressedSize? size)
        => size is null ? "" : (size.Sample < 1 ? "≈ " : "") + Bytes(size.Bytes);

    /// <summary>Bits of a weight.</summary>
    public static string Bits(double bits) => bits.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Tokens a second.</summary>
    public static string Speed(double tokens)
        => tokens.ToString(tokens < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    /// <summary>Tokens a second, where they were measured; nothing elsewhere.</summary>
    public static string Speed(double? tokens) => tokens is { } known ? Speed(known) : "";

    /// <summary>A time.</summary>
    public static string Time(double seconds) => seconds < 2 * SecondsPerMinute
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{(int)(seconds / SecondsPerMinute / SecondsPerMinute)} h "
            + $"{(int)(seconds / SecondsPerMinute) % SecondsPerMinute} min {(int)seconds % SecondsPerMinute} s");
}
