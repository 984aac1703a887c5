using System.Text.Json;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>The model's tokens are the expected words, so that a wrong cut shows as unknown characters.</summary>
public class PreTokenizing
{
    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string DeepSeekV3 =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Cl100k =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s";

    public static TheoryData<string, string[]> Contractions => new()
    {
        { "it's IT'S we'Ll", ["it", "'s", " IT", "'S", " we", "'Ll"] },
        { "it'sy", ["it", "'s", "y"] },
        { "'tis", ["'t", "is"] },
        { "o'clock", ["o", "'clock"] },
        { "I'ſ", ["I", "'ſ"] },
    };

    public static TheoryData<string, string[]> Spaces => new()
    {
        { "a  b", ["a", " ", " b"] },
        { "a   ", ["a", "   "] },
        { "a\n\n b", ["a", "\n\n", " b"] },
        { "a \n \n  b", ["a", " \n \n", " ", " b"] },
        { "a\tb", ["a", "\tb"] },
        { "x, y!\n\nz", ["x", ",", " y", "!\n\n", "z"] },
        { " ...a", [" ...", "a"] },
        { " (a", [" (", "a"] },
        { "(a)", ["(a", ")"] },
    };

    public static TheoryData<string, string[]> AstralCharacters => new()
    {
        { "𝔘𝕟𝕚 😀x 𝟘𝟙𝟚𝟛", ["𝔘𝕟𝕚", " 😀", "x", " ", "𝟘𝟙𝟚", "𝟛"] },
        { "𠀀漢 a😀b", ["𠀀漢", " a", "😀b"] },
        { "𠀀1𝟙", ["𠀀", "1𝟙"] },
    };

    [Theory]
    [MemberData(nameof(Contractions))]
    [MemberData(nameof(Spaces))]
    [MemberData(nameof(AstralCharacters))]
    public void Llama_3_cuts_texts(string text, string[] words) => ShouldCut(Regex(Llama3), text, words);

    [Theory]
    [MemberData(nameof(Contractions))]
    [MemberData(nameof(Spaces))]
    public void Qwen_2_cuts_texts(string text, string[] words) => ShouldCut(Regex(Qwen2), text, words);

    [Fact]
    public void Llama_3_cuts_digits_in_threes()
        => ShouldCut(Regex(Llama3), "a 1234567.89", ["a", " ", "123", "456", "7", ".", "89"]);

    [Fact]
    public void Qwen_2_cuts_digits_one_by_one() => ShouldCut(Regex(Qwen2), "a 12.٣", ["a", " ", "1", "2", ".", "٣"]);

    [Theory]
    [InlineData("it's IT'S", new[] { "it", "'s", "ĠIT", "'", "S" })]
    [InlineData("a  b \n", new[] { "a", "Ġ", "Ġb", "ĠĊ" })]
    [InlineData("x 123,é", new[] { "x", "Ġ123", ",", "Ã©" })]
    public void Gpt_2_cuts_texts_and_writes_bytes(string text, string[] words) =>
        ShouldCut("""{"type": "ByteLevel", "add_prefix_space": false}""", text, words);

    [Fact]
    public void A_prefix_space_is_added_where_there_is_none()
    {
        const string WithPrefix = """{"type": "ByteLevel", "add_prefix_space": true}""";
        ShouldCut(WithPrefix, "a b", ["Ġa", "Ġb"]);
        ShouldCut(WithPrefix, " a b", ["Ġa", "Ġb"]);
    }

    [Theory]
    [InlineData("a12345", new[] { "a", "12345" })]
    [InlineData("x  \n", new[] { "x", "  \n" })]
    [InlineData("x  \ny", new[] { "x", "  \n", "y" })]
    [InlineData("'Re 'x", new[] { "'Re", " '", "x" })]
    public void Possessive_quantifiers_and_line_ends_are_those_of_the_original(string text, string[] words) =>
        ShouldCut(Regex(Cl100k), text, words);

    [Theory]
    [InlineData(
        "print(你好世界, x1)\n한국어 と 日本",
        new[] { "print", "(", "你好世界", ",", " x", "1", ")", "\n", "한국어", " ", "と", " ", "日本" })]
    [InlineData("𠀀一a 😀ꙀĀ", new[] { "𠀀", "一", "a", " 😀", "ꙀĀ" })]
    public void DeepSeek_Coder_cuts_texts(string text, string[] words) => ShouldCut(
        $$"""
        {"type": "Sequence", "pretokenizers": [
          {{Regex("[\r\n]")}}, {{Regex(@"\s?\p{L}+")}}, {{Regex(@"\s?\p{P}+")}}, {{Regex("[一-龥ࠀ-一가-\uD7FF]+")}}, {"type": "Digits", "individual_digits": true}]}
        """,
        text,
        words);

    [Theory]
    [InlineData("Ab漢字 𐐀𐐨x 1234。𞤀!", new[] { "Ab", "漢字", " 𐐀𐐨", "x", " ", "1234", "。", "𞤀", "!" })]
    [InlineData("a  \n  b", new[] { "a", "  ", "\n", " ", " b" })]
    public void DeepSeek_LLM_cuts_texts(string text, string[] words) => ShouldCut(
        $$"""
        {"type": "Sequence", "pretokenizers": [
          {{Regex("[\r\n]")}}, {{Regex(@"\s?[A-Za-zÀ-ÖØ-öø-ƺ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+")}}, {{Regex(@"\s?[!-/:-~！-／：-～‘-‟　-。]+")}}, {{Regex(@"\s+$")}},
          {{Regex("[一-龥ࠀ-一가-\uD7FF]+")}}, {{Regex(@"\p{N}+")}}]}
        """,
        text,
        words);

    [Theory]
    [InlineData("(abc) x.y 漢字かな12345𠀀", new[] { "(abc", ")", " x", ".y", " ", "漢字かな", "123", "45", "𠀀" })]
    public void DeepSeek_V3_cuts_texts(string text, string[] words) => ShouldCut(
        $$"""{"type": "Sequence", "pretokenizers": [{{Regex(@"\p{N}{1,3}")}}, {{Regex("[一-龥\u3040-ゟ゠-ヿ]+")}}, {{Regex(DeepSeekV3)}}]}""", text, words);

    [Theory]
    [InlineData("😀+", "a😀😀b", new[] { "a", "😀😀", "b" })]
    [InlineData("[^😀]", "a😀b", new[] { "a", "😀", "b" })]
    [InlineData(@"(?<=\x{1F600})a|\x{1D7D8}", "aa😀a𝟘a", new[] { "aa😀", "a", "𝟘", "a" })]
    public void Pattern_may_name_characters_of_any_plane(string pattern, string text, string[] words)
        => ShouldCut(Regex(pattern), text, words);

    [Theory]
    [InlineData("(?i:kelvin)", "\u212Aelvin KELVIN", new[] { "\u212Aelvin", " ", "KELVIN" })]
    [InlineData("(?i:[^s])", "aſsS", new[] { "a", "ſsS" })]
    [InlineData("(?i:é)x", "ÉxÉX", new[] { "Éx", "ÉX" })]
    [InlineData(@"(?i)\p{Lu}", "Aa", new[] { "A", "a" })]
    public void Ignoring_case_is_that_of_the_original(string pattern, string text, string[] words)
        => ShouldCut(Regex(pattern), text, words);

    [Fact]
    public void Word_characters_are_those_of_the_original() =>
        ShouldCut(Regex(@"\w+|\b"), "a_é²ⅣⒶ🄰٣-…", ["a_é²ⅣⒶ🄰٣", "-…"]);

    [Fact]
    public void A_class_within_a_class_is_a_union()
        => ShouldCut(Regex(" ?[^(\\s|[.,])]+"), "a b.c", ["a", " b", ".", "c"]);

    [Theory]
    [InlineData("Removed", false, new[] { "ab", "c" })]
    [InlineData("Isolated", false, new[] { "ab", "-", "-", "c", "-" })]
    [InlineData("MergedWithPrevious", false, new[] { "ab-", "-", "c-" })]
    [InlineData("MergedWithNext", false, new[] { "ab", "-", "-c", "-" })]
    [InlineData("Contiguous", false, new[] { "ab", "--", "c", "-" })]
    [InlineData("Removed", true, new[] { "-", "-", "-" })]
    [InlineData("MergedWithNext", true, new[] { "ab-", "-", "c-" })]
    public void A_split_does_with_matches_what_its_behavior_says(
        string behavior,
        bool isInverted,
        string[] words) => ShouldCut(
        $$$"""{"type": "Split", "pattern": {"String": "-"}, "behavior": "{{{behavior}}}", "invert": {{{(isInverted ? "true" : "false")}}}}""",
        "ab--c-",
        words);

    [Theory]
    [InlineData(true, new[] { "a", "1", "2", "𝟛", "b" })]
    [InlineData(false, new[] { "a", "12𝟛", "b" })]
    public void Digits_are_cut_off(bool isIndividual, string[] words) => ShouldCut(
        $$"""{"type": "Digits", "individual_digits": {{(isIndividual ? "true" : "false")}}}""", "a12𝟛b", words);

    [Theory]
    [InlineData("always", "a b", new[] { "▁a", "▁b" })]
    [InlineData("always", " a  b", new[] { "▁a", "▁", "▁b" })]
    [InlineData("never", "a b", new[] { "a", "▁b" })]
    [InlineData("first", "a b", new[] { "▁a", "▁b" })]
    public void Metaspace_marks_the_beginnings_of_words(string scheme, string text, string[] words) => ShouldCut(
        $$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": true}""", text, words);

    [Fact]
    public void A_sequence_cuts_what_the_step_before_left() => ShouldCut(
        """
        {"type": "Sequence", "pretokenizers": [
          {"type": "Split", "pattern": {"Regex": " "}, "behavior": "MergedWithNext", "invert": false},
          {"type": "Digits", "individual_digits": true},
          {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
        """,
        "a1 b",
        ["a", "1", "Ġb"]);

    private static string Regex(string pattern) =>
        $$$"""{"type": "Split", "pattern": {"Regex": {{{JsonSerializer.Serialize(pattern)}}}}, "behavior": "Isolated", "invert": false}""";

    private static void ShouldCut(string preTokenizer, string text, string[] words) =>
        TokenizerJson.Words(words).Set("pre_tokenizer", preTokenizer).Load().Tokens(text).ShouldBe(words);
}
