namespace SparseLlm.Models.Tests.Tokenizers;

public class Normalizing
{
    [Theory]
    [InlineData("NFC", "e\u0301 A\u0327\u0301 \u212B \u1100\u1161\u11A8", "é Á\u0327 Å 각")]
    [InlineData("NFD", "é Å 각 \u0301\u0327", "e\u0301 A\u030A \u1100\u1161\u11A8 \u0327\u0301")]
    [InlineData("NFKC", "ﬁ ² ｱ e\u0301 Ⅳ", "fi 2 ア é IV")]
    [InlineData("NFKD", "ﬁ é ㍿", "fi e\u0301 株式会社")]
    [InlineData("NFC", "a\u0334\u0301 \u0958 \U0001D15E", "á\u0334 \u0915\u093C \U0001D157\U0001D165")]
    [InlineData("NFKC", "\u32FF \uA7F2", "\u32FF \uA7F2")]
    public void Unicode_forms_are_those_of_Unicode_9(string form, string text, string normalized) =>
        ShouldNormalize($$"""{"type": "{{form}}"}""", text, normalized);

    [Fact]
    public void Lower_case_is_that_of_single_characters() =>
        ShouldNormalize("""{"type": "Lowercase"}""", "ÀİΣ𐐀ẞ", "ài\u0307σ𐐨ß");

    [Theory]
    [InlineData(true, true, "a b")]
    [InlineData(true, false, "a b \u3000")]
    [InlineData(false, true, "\n\u0085a b")]
    public void White_space_is_stripped_at_the_ends(bool left, bool right, string normalized) => ShouldNormalize(
        $$"""{"type": "Strip", "strip_left": {{(left ? "true" : "false")}}, "strip_right": {{(right ? "true" : "false")}}}""",
        "\n\u0085a b \u3000",
        normalized);

    [Fact]
    public void Replacements_are_taken_literally() => ShouldNormalize(
        """{"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": "$0_"}""", "a  😀\n", "a$0_😀$0_");

    [Fact]
    public void A_sequence_runs_in_order() => ShouldNormalize(
        """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": " "}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}""",
        "a b",
        "▁a▁b");

    [Fact]
    public void Nothing_is_put_before_empty_text() => TokenizerJson.Model([" "])
        .Set("normalizer", """{"type": "Prepend", "prepend": " "}""").Load().Encode("").ShouldBeEmpty();

    private static void ShouldNormalize(string normalizer, string text, string normalized) =>
        TokenizerJson.Words(normalized).Set("normalizer", normalizer).Load().Tokens(text).ShouldBe([normalized]);
}
