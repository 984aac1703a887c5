using System.Globalization;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>What counts as a character of a word (<c>\w</c>), about which regular expressions disagree.</summary>
internal static class WordCharacters
{
    /// <summary>
    /// Oniguruma's <c>\w</c> as the inside of a .NET character class: alphabetic characters, marks, decimal digits,
    /// connectors, and the superscript digits and fractions of Latin-1.
    /// </summary>
    public const string OnigurumaClass = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u00B2\u00B3\u00B9\u00BC-\u00BE\u24B6-\u24E9";

    /// <summary>Whether it is a circled or squared letter: alphabetic, but in no category of letters.</summary>
    public static bool IsEnclosedLetter(Rune character) => character.Value is
        (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or
        (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>
    /// <c>\w</c> of Unicode Technical Standard 18, which decides whether an added token stands alone: alphabetic
    /// characters, marks, decimal digits, connectors and joiners.
    /// </summary>
    public static bool IsWord(Rune character) => Rune.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or
        UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber or
        UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        _ => IsEnclosedLetter(character) || character.Value is 0x200C or 0x200D,
    };
}
