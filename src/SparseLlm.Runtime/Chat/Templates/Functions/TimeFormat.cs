using System.Globalization;
using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Times as Python's strftime writes them in the C locale.</summary>
internal static class TimeFormat
{
    /// <summary>A time in a format such as <c>%d %b %Y</c>.</summary>
    /// <exception cref="TemplateException">The format has a directive that is not supported.</exception>
    public static string Of(DateTimeOffset time, string format)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            bool isUnpadded = format[i + 1] == '-' && i + 2 < format.Length;
            i += isUnpadded ? 2 : 1;
            string written = Directive(time, format[i]);
            text.Append(isUnpadded && written.TrimStart('0') is { Length: > 0 } digits ? digits : written);
        }

        return text.ToString();
    }

    private static string Directive(DateTimeOffset time, char directive) => directive switch
    {
        'Y' => Number(time.Year, 1),
        'y' => Number(time.Year % 100, 2),
        'm' => Number(time.Month, 2),
        'd' => Number(time.Day, 2),
        'e' => Number(time.Day, 1).PadLeft(2),
        'j' => Number(time.DayOfYear, 3),
        'H' => Number(time.Hour, 2),
        'I' => Number(((time.Hour + 11) % 12) + 1, 2),
        'M' => Number(time.Minute, 2),
        'S' => Number(time.Second, 2),
        'f' => Number((int)(time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond), 6),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'b' or 'h' => CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedMonthName(time.Month),
        'B' => CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(time.Month),
        'a' => CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedDayName(time.DayOfWeek),
        'A' => CultureInfo.InvariantCulture.DateTimeFormat.GetDayName(time.DayOfWeek),
        'u' => Number(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1),
        'w' => Number((int)time.DayOfWeek, 1),
        'F' => Of(time, "%Y-%m-%d"),
        'D' or 'x' => Of(time, "%m/%d/%y"),
        'T' or 'X' => Of(time, "%H:%M:%S"),
        'R' => Of(time, "%H:%M"),
        'c' => Of(time, "%a %b %e %H:%M:%S %Y"),
        'n' => "\n",
        't' => "\t",
        'z' or 'Z' => "",
        '%' => "%",
        _ => throw TemplateException.Unsupported($"'%{directive}' in the format of a time"),
    };

    private static string Number(int number, int digits)
        => number.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
}
