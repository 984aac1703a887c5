using System.Globalization;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>What a backslash and the characters after it stand for.</summary>
/// <param name="Literal">The character, if it is one.</param>
/// <param name="Class">Else the class of characters or the assertion, as .NET writes it.</param>
internal readonly record struct OnigurumaEscape(char? Literal, string Class)
{
    private static readonly HashSet<string> Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn",
    ];

    /// <summary>Reads the escape that begins at <paramref name="position"/> and moves behind it.</summary>
    public static OnigurumaEscape Read(string pattern, ref int position)
    {
        if (position + 1 == pattern.Length)
        {
            throw new NotSupportedException("it ends in a backslash.");
        }

        char kind = pattern[position + 1];
        position += 2;
        return kind switch
        {
            's' or 'S' or 'd' or 'D' or 'w' or 'W' or 'b' or 'B' or 'A' or 'z' or 'Z' => new(null, $@"\{kind}"),
            'p' or 'P' => new(null, Property(pattern, ref position, isNegated: kind == 'P')),
            'x' when IsBraced(pattern, position) => new(Hexadecimal(Braced(pattern, ref position)), ""),
            'x' => new(Hexadecimal(Take(pattern, ref position, 2)), ""),
            'u' => new(Hexadecimal(Take(pattern, ref position, 4)), ""),
            't' => new('\t', ""),
            'n' => new('\n', ""),
            'v' => new('\v', ""),
            'f' => new('\f', ""),
            'r' => new('\r', ""),
            'a' => new('\a', ""),
            'e' => new('\e', ""),
            _ when char.IsAsciiLetterOrDigit(kind) => throw new NotSupportedException($@"'\{kind}' is not supported."),
            _ => new(kind, ""),
        };
    }

    private static string Property(string pattern, ref int position, bool isNegated)
    {
        string name = Braced(pattern, ref position);
        if (name.StartsWith('^'))
        {
            isNegated = !isNegated;
            name = name[1..];
        }

        return Categories.Contains(name)
            ? $@"\{(isNegated ? 'P' : 'p')}{{{name}}}"
            : throw new NotSupportedException($"the property '{name}' is not supported; supported are L, Nd and the like.");
    }

    private static string Braced(string pattern, ref int position)
    {
        int close = IsBraced(pattern, position) ? pattern.IndexOf('}', position) : -1;
        return close < 0
            ? throw new NotSupportedException("an escape lacks its braces.")
            : Take(pattern, ref position, close + 1 - position)[1..^1];
    }

    private static bool IsBraced(string pattern, int position) => position < pattern.Length && pattern[position] == '{';

    private static string Take(string pattern, ref int position, int length)
    {
        string taken = pattern.Substring(position, Math.Min(length, pattern.Length - position));
        position += taken.Length;
        return taken;
    }

    private static char Hexadecimal(string digits) =>
        ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort value)
            ? (char)value
            : throw new NotSupportedException($"'{digits}' is not the code of a character up to U+FFFF.");
}
