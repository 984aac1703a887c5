using System.Globalization;

namespace SparseLlm.Tool.Output;

/// <summary>How long ago something was, as people say it.</summary>
internal static class Age
{
    /// <summary>An age in the largest unit that it has one of: <c>3 h</c>, <c>12 d</c>.</summary>
    public static string Format(TimeSpan age) => age switch
    {
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalDays} d"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours} h"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalMinutes} min"),
        _ => "now",
    };
}
