using System.Globalization;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>
/// Characters of the basic multilingual plane that stand for characters outside it while a regular expression is
/// matched. A pattern tells characters apart by general category, by being a word character, or by naming them; the
/// stand-ins agree with what they stand for in the first two, and the translation refuses patterns that would name one.
/// </summary>
internal static class StandIns
{
    /// <summary>Circled capital A, a symbol that is a word character, for the other enclosed letters.</summary>
    private const char EnclosedLetter = '\u24B6';

    private static readonly Dictionary<UnicodeCategory, char> ByCategory = new()
    {
        [UnicodeCategory.UppercaseLetter] = '\uA640',
        [UnicodeCategory.LowercaseLetter] = '\uA641',
        [UnicodeCategory.TitlecaseLetter] = '\u1F88',
        [UnicodeCategory.ModifierLetter] = '\uA4F8',
        [UnicodeCategory.OtherLetter] = '\uA4D0',
        [UnicodeCategory.NonSpacingMark] = '\uA66F',
        [UnicodeCategory.SpacingCombiningMark] = '\uA823',
        [UnicodeCategory.EnclosingMark] = '\uA670',
        [UnicodeCategory.DecimalDigitNumber] = '\uA620',
        [UnicodeCategory.LetterNumber] = '\uA6E6',
        [UnicodeCategory.OtherNumber] = '\uA830',
        [UnicodeCategory.ConnectorPunctuation] = '\uFE33',
        [UnicodeCategory.DashPunctuation] = '\uFE31',
        [UnicodeCategory.OpenPunctuation] = '\uFE35',
        [UnicodeCategory.ClosePunctuation] = '\uFE36',
        [UnicodeCategory.InitialQuotePunctuation] = '\u2E02',
        [UnicodeCategory.FinalQuotePunctuation] = '\u2E03',
        [UnicodeCategory.OtherPunctuation] = '\uA6F2',
        [UnicodeCategory.MathSymbol] = '\uFB29',
        [UnicodeCategory.CurrencySymbol] = '\uA838',
        [UnicodeCategory.ModifierSymbol] = '\uA700',
        [UnicodeCategory.OtherSymbol] = '\uA490',
        [UnicodeCategory.Format] = '\uFFF9',
        [UnicodeCategory.PrivateUse] = '\uE000',
        [UnicodeCategory.OtherNotAssigned] = '\uFFFF',
    };

    /// <summary>Whether a range of characters holds a stand-in, which a pattern with that range would mistake.</summary>
    public static bool AnyBetween(char first, char last) =>
        ByCategory.Values.Append(EnclosedLetter).Any(standIn => standIn >= first && standIn <= last);

    /// <summary>The text with one UTF-16 unit per character.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="offsets">For every character, and for the end, its place in <paramref name="text"/>.</param>
    public static char[] Replace(ReadOnlySpan<char> text, out int[] offsets)
    {
        var characters = new List<char>(text.Length);
        var places = new List<int>(text.Length + 1);
        int place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            characters.Add(rune.IsBmp ? (char)rune.Value : For(rune));
            places.Add(place);
            place += rune.Utf16SequenceLength;
        }

        places.Add(place);
        offsets = [.. places];
        return [.. characters];
    }

    private static char For(Rune rune) =>
        WordCharacters.IsEnclosedLetter(rune) ? EnclosedLetter : ByCategory[Rune.GetUnicodeCategory(rune)];
}
