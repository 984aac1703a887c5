using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

public class MistakesInTokenizers
{
    [Fact]
    public void A_directory_without_a_tokenizer_is_an_error()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tokenizer");
        try
        {
            ShouldFail(() => Tokenizer.Load(directory.FullName), "SLM2101", "tokenizer.json");
        }
        finally
        {
            directory.Delete();
        }
    }

    [Fact]
    public void Malformed_json_is_an_error_with_its_place()
    {
        DiagnosticException error = ShouldFail(
            () => TokenizerJson.LoadText("{\n  \"model\": ?"),
            "SLM2102",
            "not valid JSON");
        error.Diagnostics[0].Location!.Line.ShouldBe(2);
        error.Diagnostics[0].Location!.Column.ShouldBe(12);
    }

    [Theory]
    [InlineData("[]", "must be an object")]
    [InlineData("{}", "lacks 'model'")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {}}}""", "'model' lacks 'merges'")]
    [InlineData(
        """{"model": {"type": "BPE", "vocab": {"a": "b"}, "merges": []}}""",
        "'model.vocab.a' must be an integer")]
    [InlineData(
        """{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}""",
        "'model.vocab.a' must be an integer")]
    [InlineData(
        """{"model": {"type": "BPE", "vocab": {}, "merges": ["a b c"]}}""",
        "'model.merges[0]' must name two tokens")]
    [InlineData(
        """{"model": {"type": "BPE", "vocab": {}, "merges": [], "fuse_unk": 1}}""",
        "'model.fuse_unk' must be true or false")]
    [InlineData(
        """{"model": {"type": "BPE", "vocab": {}, "merges": [], "unk_token": "\ud800"}}""",
        "half of a surrogate pair")]
    [InlineData(
        """{"model": {"type": "BPE", "vocab": {}, "merges": []}, "added_tokens": {}}""",
        "'added_tokens' must be an array")]
    [InlineData(
        """{"model": {"type": "BPE", "vocab": {}, "merges": []}, "added_tokens": [{"id": 1}]}""",
        "'added_tokens[0]' lacks 'content'")]
    public void A_missing_or_wrong_field_is_an_error_that_names_it(string json, string message) =>
        ShouldFail(() => TokenizerJson.LoadText(json), "SLM2102", message);

    [Theory]
    [InlineData("a x", "'x'")]
    [InlineData("x a", "'x'")]
    [InlineData("a b", "'ab'")]
    public void A_merge_of_an_unknown_token_is_an_error(string merge, string token) =>
        ShouldFail(() => TokenizerJson.Model(["a", "b"], merge).Load(), "SLM2105", token);

    [Theory]
    [InlineData("normalizer", """{"type": "BertNormalizer"}""", "'normalizer' is of type 'BertNormalizer'", "NFC")]
    [InlineData(
        "pre_tokenizer",
        """{"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}]}""",
        "'pre_tokenizer.pretokenizers[0]' is of type 'Whitespace'",
        "ByteLevel")]
    [InlineData("post_processor", """{"type": "BertProcessing"}""", "'BertProcessing'", "TemplateProcessing")]
    [InlineData("decoder", """{"type": "CTC"}""", "'CTC'", "ByteFallback")]
    [InlineData("model", """{"type": "Unigram", "vocab": []}""", "'Unigram'", "BPE")]
    [InlineData("model", """{"unk_id": 2, "vocab": [["<pad>", 0.0]]}""", "'model' is a Unigram model", "BPE")]
    [InlineData(
        "model",
        """{"unk_token": "[UNK]", "vocab": {"a": 0}}""",
        "'model' is a WordPiece or WordLevel model",
        "BPE")]
    [InlineData(
        "normalizer",
        """{"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": "AAAA"}]}""",
        "'normalizer.normalizers[0]' is of type 'Precompiled'",
        "NFC")]
    [InlineData(
        "model",
        """{"type": "BPE", "dropout": 0.1, "vocab": {}, "merges": []}""",
        "'model.dropout'",
        "without dropout")]
    [InlineData("version", "\"2.0\"", "'2.0'", "'1.0'")]
    public void Something_unsupported_is_an_error_that_says_what_is_supported(
        string part,
        string json,
        string what,
        string supported)
    {
        DiagnosticException error = ShouldFail(
            () => TokenizerJson.Model(["a"]).Set(part, json).Load(),
            "SLM2103",
            what);
        error.Message.ShouldContain(supported);
        error.Diagnostics[0].Location!.File.ShouldEndWith("tokenizer.json");
    }

    [Theory]
    [InlineData(@"\p{Han}+")]
    [InlineData(@"[a-z&&[^b]]")]
    [InlineData(@"[[:alpha:]]")]
    [InlineData(@"\x{D800}")]
    [InlineData(@"\x{110000}")]
    [InlineData(@"\xE9")]
    [InlineData("(?i:straße)")]
    [InlineData("(?i:less)")]
    [InlineData("(?i:[ß-ÿ])")]
    [InlineData("a{100001}")]
    [InlineData("a{5,3}")]
    [InlineData("a{3000000000}")]
    [InlineData(@"(a)\1")]
    [InlineData(@"a(?i)b")]
    [InlineData(@"(?x) a")]
    [InlineData(@"\h")]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    public void A_pattern_that_cannot_be_reproduced_is_an_error(string pattern) => ShouldFail(
        () => TokenizerJson.Model(["a"]).Set("pre_tokenizer", Split(pattern)).Load(), "SLM2104", pattern);

    [Theory]
    [InlineData(200_000, "(", ")", "longer than")]
    [InlineData(2_000, "(", ")", "groups are nested too deeply")]
    [InlineData(2_000, "[", "]", "classes are nested too deeply")]
    [InlineData(2_000, "a", "?*", "longer than")]
    [InlineData(400, "", "?*", "too many quantifiers")]
    public void A_pattern_that_would_overwhelm_the_tool_is_an_error_that_says_so(
        int depth,
        string open,
        string close,
        string problem) => ShouldFail(
        () => TokenizerJson.Model(["a"]).Set("pre_tokenizer", Split(Repeat(open, depth) + "a" + Repeat(close, depth)))
            .Load(), "SLM2104", problem);

    [Fact]
    public void A_set_of_patterns_that_would_take_minutes_to_compile_is_an_error() => ShouldFail(
        () => TokenizerJson.Model(["a"]).Set(
            "pre_tokenizer", $$"""{"type": "Sequence", "pretokenizers": [{{string.Join(", ", Enumerable.Repeat(Split(Repeat("a|b", 1000)), 10))}}]}""").Load(),
        "SLM2103",
        "'pre_tokenizer' has too many parts");

    [Fact]
    public void A_template_with_an_unknown_special_token_is_an_error() => ShouldFail(
        () => TokenizerJson.Model(["a"]).Set(
            "post_processor",
            """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}], "special_tokens": {}}""").Load(),
        "SLM2105",
        "'<s>'");

    [Fact]
    public void A_character_without_a_token_is_an_error_when_the_unknown_token_is_missing()
    {
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).SetModel("unk_token", "<unk>").Load();
        tokenizer.Tokens("a").ShouldBe(["a"]);
        ShouldFail(() => tokenizer.Encode("b"), "SLM2105", "'<unk>'");
    }

    private static string Split(string pattern) =>
        $$$"""{"type": "Split", "pattern": {"Regex": {{{JsonSerializer.Serialize(pattern)}}}}, "behavior": "Isolated", "invert": false}""";

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static DiagnosticException ShouldFail(Func<object> action, string code, string message)
    {
        var error = Should.Throw<DiagnosticException>(action);
        error.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(code);
        error.Message.ShouldContain(message);
        return error;
    }
}
