using System.Globalization;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>What a backslash and the characters after it stand for: one of three.</summary>
/// <param name="Character">A character.</param>
/// <param name="Set">A set of characters.</param>
/// <param name="Assertion">An assertion: the letter that names it.</param>
internal readonly record struct OnigurumaEscape(int? Character, CharacterSet? Set, char? Assertion)
{
    private OnigurumaEscape(int character)
        : this(character, null, null)
    {
    }

    private OnigurumaEscape(CharacterSet set)
        : this(null, set, null)
    {
    }

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
            'b' or 'B' or 'A' or 'z' or 'Z' => new(null, null, kind),
            's' => new(GeneralCategories.Space),
            'S' => new(GeneralCategories.Space.Complement),
            'd' => new(GeneralCategories.Find("Nd")!),
            'D' => new(GeneralCategories.Find("Nd")!.Complement),
            'w' => new(WordCharacters.Oniguruma),
            'W' => new(WordCharacters.Oniguruma.Complement),
            'p' or 'P' => new(Property(pattern, ref position, isNegated: kind == 'P')),
            'x' when IsBraced(pattern, position) => new(Hexadecimal(Braced(pattern, ref position))),
            'x' => new(Byte(Take(pattern, ref position, 2))),
            'u' => new(Hexadecimal(Take(pattern, ref position, 4))),
            't' => new('\t'),
            'n' => new('\n'),
            'v' => new('\v'),
            'f' => new('\f'),
            'r' => new('\r'),
            'a' => new('\a'),
            'e' => new('\e'),
            _ when char.IsAsciiLetterOrDigit(kind) => throw new NotSupportedException($@"'\{kind}' is not supported."),
            _ => new(CharacterAt(pattern, position - 1, ref position)),
        };
    }

    /// <summary>The code point at a place of a pattern; the position moves behind it.</summary>
    public static int CharacterAt(string pattern, int place, ref int position)
    {
        var character = Rune.GetRuneAt(pattern, place);
        position = place + character.Utf16SequenceLength;
        return character.Value;
    }

    private static CharacterSet Property(string pattern, ref int position, bool isNegated)
    {
        string name = Braced(pattern, ref position);
        if (name.StartsWith('^'))
        {
            isNegated = !isNegated;
            name = name[1..];
        }

        CharacterSet? category = name == "Cs" ? null : GeneralCategories.Find(name);
        return category is null
            ? throw new NotSupportedException(
                $"the property '{name}' is not supported; supported are L, Nd and the like.")
            : isNegated ? category.Complement : category;
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

    /// <summary>In Oniguruma two digits are a byte of UTF-8, which from 0x80 on is only a part of a
    /// character.</summary>
    private static int Byte(string digits) => Hexadecimal(digits) is < 0x80 and int character
        ? character
        : throw new NotSupportedException($@"'\x{digits}' is half a character; one is written '\x{{{digits}}}'.");

    private static int Hexadecimal(string digits) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            && Rune.IsValid(value)
            ? value
            : throw new NotSupportedException($"'{digits}' is not the code of a character.");
}
