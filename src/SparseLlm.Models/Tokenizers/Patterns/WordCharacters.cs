using System.Globalization;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>What counts as a character of a word (<c>\w</c>), about which regular expressions disagree.</summary>
internal static class WordCharacters
{
    /// <summary>Circled and squared letters: alphabetic, but in no category of letters.</summary>
    private static readonly CharacterSet EnclosedLetters =
        CharacterSet.Of(0x24B6, 0x24E9, 0x1F130, 0x1F149, 0x1F150, 0x1F169, 0x1F170, 0x1F189);

    /// <summary>
    /// Oniguruma's <c>\w</c>: alphabetic characters, marks, decimal digits, connectors, and the superscript digits and
    /// fractions of Latin-1.
    /// </summary>
    public static CharacterSet Oniguruma { get; } = CharacterSet.Union(
    [
        .. ((string[])["L", "M", "Nd", "Nl", "Pc"]).Select(name => GeneralCategories.Find(name)!),
        CharacterSet.Of(0xB2, 0xB3, 0xB9, 0xB9, 0xBC, 0xBE),
        EnclosedLetters,
    ]);

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
        _ => EnclosedLetters.Contains(character.Value) || character.Value is 0x200C or 0x200D,
    };
}
