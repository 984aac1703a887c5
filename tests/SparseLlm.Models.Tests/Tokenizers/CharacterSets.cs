using System.Globalization;
using System.Text;
using System.Text.Json;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>Sets of characters in patterns, each held against what it should be for every character that there is; by
/// day for all of the first two planes, and the edges of the others, of which most has no characters.</summary>
public class CharacterSets
{
    private static readonly string Everything = string.Concat(Enumerable.Range(0, 0x110000)
        .Where(value => Rune.IsValid(value)
            && (value < 0x20000 || (value & 0xFFFF) is < 0x400 or >= 0xFC00 || Repository.IsAllQuality))
        .Select(value => new Rune(value)));

    private static readonly string[] Bytes = [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")];

    /// <summary>Cased letters, as DeepSeek-LLM lists them.</summary>
    private const string CasedLetters =
        "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕℂℇꙀ-ꙭꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ" +
        "\U00010400-\U0001044F\U000104B0-\U000104D3\U000104D8-\U000104FB\U00010C80-\U00010CB2\U00010CC0-\U00010CF2\U000118A0-\U000118DF\U0001E900-\U0001E943";

    private const string Punctuation = "!-/:-~！-／：-～‘-‟　-。";

    [Fact]
    public void Ranges_of_DeepSeek_Coder_cover_what_they_name() => ShouldMatch(
        "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+",
        rune => rune.Value is (>= 0x4E00 and <= 0x9FA5) or (>= 0x0800 and <= 0x4E00) or (>= 0xAC00 and <= 0xD7FF));

    [Fact]
    public void Ranges_of_DeepSeek_LLM_reach_beyond_the_basic_plane() =>
        ShouldMatch($"[{CasedLetters}]+", Listed(CasedLetters).Contains);

    [Fact]
    public void Ranges_of_DeepSeek_LLM_may_begin_and_end_anywhere() =>
        ShouldMatch($"[{Punctuation}]+", Listed(Punctuation).Contains);

    [Fact]
    public void Categories_are_those_of_Unicode_in_every_plane() => ShouldMatch(
        @"[^\r\n\p{L}\p{P}\p{S}]+",
        rune => rune.Value is not ('\r' or '\n') && !Rune.IsLetter(rune) && !Rune.IsPunctuation(rune)
            && !Rune.IsSymbol(rune));

    [Fact]
    public void Category_can_be_left_out() =>
        ShouldMatch(@"\P{Mn}+", rune => Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark);

    [Fact]
    public void White_space_is_that_of_Unicode() => ShouldMatch(@"\s+", Rune.IsWhiteSpace);

    [Fact]
    public void Set_may_mix_characters_of_all_planes() =>
        ShouldMatch(
            @"[a\x{80}-\x{FFFF}😀-🙏]+",
            rune => rune.Value is 'a' or (>= 0x80 and <= 0xFFFF) or (>= 0x1F600 and <= 0x1F64F));

    [Fact]
    public void Dot_is_everything_but_a_line_feed() => ShouldMatch(".+", rune => rune.Value != '\n');

    [Fact]
    public void Ignoring_case_widens_a_range_by_what_folds_into_it() => ShouldMatch(
        "(?i:[j-l]+)", rune => rune.Value is 'j' or 'k' or 'l' or 'J' or 'K' or 'L' or 0x212A);

    /// <summary>The characters that a list of characters and ranges names.</summary>
    private static HashSet<Rune> Listed(string list)
    {
        int[] values = [.. list.EnumerateRunes().Select(rune => rune.Value)];
        var listed = new HashSet<Rune>();
        for (int i = 0; i < values.Length; i++)
        {
            int last = i + 2 < values.Length && values[i + 1] == '-' ? values[i + 2] : values[i];
            listed.UnionWith(Enumerable.Range(values[i], last + 1 - values[i]).Select(value => new Rune(value)));
            i += last == values[i] ? 0 : 2;
        }

        return listed;
    }

    /// <summary>The pattern removes what it matches from a text of everything; the rest comes back by way of
    /// bytes.</summary>
    private static void ShouldMatch(string pattern, Predicate<Rune> isMember)
    {
        Tokenizer tokenizer = TokenizerJson.Model(Bytes).SetModel("byte_fallback", true)
            .Set(
                "pre_tokenizer",
                $$$"""{"type": "Split", "pattern": {"Regex": {{{JsonSerializer.Serialize(pattern)}}}}, "behavior": "Removed", "invert": false}""")
            .Set("decoder", """{"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]}""")
            .Load();
        string rest = tokenizer.Decode(tokenizer.Encode(Everything));
        string expected = string.Concat(Everything.EnumerateRunes().Where(rune => !isMember(rune)));
        int common = rest.AsSpan().CommonPrefixLength(expected);
        (rest == expected).ShouldBeTrue($"it goes wrong at {At(rest)} or {At(expected)}");

        string At(string text) => common < text.Length ? $"U+{char.ConvertToUtf32(text, common):X4}" : "the end";
    }
}
