using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>Tokenizers that ask for more time or memory than there is. Each would keep the tool busy for hours, or fill
/// the machine's memory.</summary>
public class Limits
{
    [Fact]
    public void Pattern_that_backtracks_without_end_is_given_up()
    {
        // The only test that waits for one match to be given up: ten seconds.
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).Set("pre_tokenizer", Split(@"(\p{L}+\s?)*\d")).Load();
        DiagnosticException error = ShouldFail(
            () => tokenizer.Encode(new string('a', 60) + "!1"),
            "SLM2106",
            "'pre_tokenizer.pattern' backtracks");
        error.Diagnostics[0].Location!.File.ShouldEndWith("tokenizer.json");
    }

    [Fact]
    public void Pattern_whose_matches_add_up_without_end_is_given_up()
    {
        var allowance = new Allowance(milliseconds: 500, characters: 0);
        TextPattern pattern = Pattern("(?:(?:a+b?)*c|a)");
        string text = string.Concat(Enumerable.Repeat(new string('a', 20) + " ", 10_000)) + "c";
        ShouldFail(
            () => pattern.Segments(text.AsMemory(), allowance).Count(),
            "SLM2106",
            "'normalizer.pattern' backtracks");
    }

    [Fact]
    public void Long_text_without_white_space_is_not_mistaken_for_a_pattern_without_end()
    {
        const int Length = 4_000_000;
        var allowance = new Allowance(Length);
        TextPattern pattern = Pattern(
            @"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+");
        foreach (string text in (string[])[new string('a', Length), new string(' ', Length) + "a", new string(
            '\n',
            Length) + "a"])
        {
            pattern.Segments(text.AsMemory(), allowance).Sum(segment => segment.Length).ShouldBe(text.Length);
        }
    }

    [Fact]
    public void Patterns_that_are_large_within_the_limits_are_compiled()
    {
        string[] patterns =
        [
            "x{1,100000}", "((a{1000}){1000}){1000}|a", string.Join(
                '|',
                Enumerable.Range(0, 1000).Select(i => $"a{(char)(0x4E00 + i)}*")),
            $"[{string.Concat(Enumerable.Range(0, 1300).Select(i => $"{(char)(0x400 + (20 * i))}-{(char)(0x403 + (20 * i))}"))}]+",
            string.Concat(Enumerable.Repeat("(?:a*|b)*", 400)), string.Concat(Enumerable.Repeat("(?:", 90)) + "a"
                + string.Concat(Enumerable.Repeat(")*", 90)),
        ];
        foreach (string pattern in patterns)
        {
            Pattern(pattern).Segments("aaa".AsMemory(), new Allowance(3)).Sum(segment => segment.Length)
                .ShouldBe(3, pattern[..10]);
        }
    }

    [Theory]
    [InlineData("""{"String": " "}""", 1000, 3)]
    [InlineData("""{"Regex": ""}""", 1, 30)]
    [InlineData("""{"Regex": "a"}""", 2, 60)]
    public void Normalizer_that_multiplies_the_text_is_stopped(string pattern, int length, int times)
    {
        string content = new('a', length);
        string replacement = $$"""{"type": "Replace", "pattern": {{pattern}}, "content": "{{content}}"}""";
        Tokenizer tokenizer = TokenizerJson.Model(["a", " "])
            .Set("normalizer", Sequence("normalizers", replacement, times))
            .Load();
        string text = string.Concat(Enumerable.Repeat("a text ", 10_000));
        ShouldFail(() => tokenizer.Encode(text), "SLM2107", "'normalizer.normalizers[");
    }

    [Fact]
    public void Normalizer_that_puts_much_before_every_stretch_is_stopped()
    {
        string prepend = JsonSerializer.Serialize(new { type = "Prepend", prepend = new string('a', 100_000) });
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).Set("normalizer", prepend).Add(1, "<x>").Load();
        ShouldFail(
            () => tokenizer.Encode(string.Concat(Enumerable.Repeat("a<x>", 10_000))),
            "SLM2107",
            "'normalizer' makes the text");
    }

    [Fact]
    public void Normalizer_that_multiplies_added_tokens_is_stopped_when_they_are_read()
    {
        TokenizerJson json = TokenizerJson.Model(
            ["a"]).Set("normalizer", """{"type": "Replace", "pattern": {"String": "a"}, "content": "NNN"}""".Replace("NNN", new string('b', 10_000)));
        foreach (int id in Enumerable.Range(1, 1000))
        {
            json.Add(id, $"a{id}", "normalized");
        }

        ShouldFail(json.Load, "SLM2107", "'normalizer.pattern' makes");
    }

    [Fact]
    public void Decoder_that_multiplies_the_text_is_stopped()
    {
        const string Double = """{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""";
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).Set("decoder", Sequence("decoders", Double, 40)).Load();
        ShouldFail(() => tokenizer.Decode([0, 0]), "SLM2107", "'decoder.decoders[");
    }

    [Fact]
    public void Growth_that_tokenizers_in_use_need_is_allowed()
    {
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).Set(
            "normalizer", Sequence("normalizers", """{"type": "NFKD"}""", 1).Replace(
                "]",
                """, {"type": "Replace", "pattern": {"String": " "}, "content": "▁▁▁"}]""")).Load();
        tokenizer.Encode(new string('\uFDFA', 200_000)).ShouldBeEmpty();
    }

    [Fact]
    public void Second_byte_level_pre_tokenizer_which_would_write_bytes_of_bytes_is_refused() => ShouldFail(
        () => TokenizerJson.Model(["a"]).Set(
            "pre_tokenizer", Sequence("pretokenizers", """{"type": "ByteLevel", "use_regex": false}""", 40)).Load(),
        "SLM2103",
        "'pre_tokenizer.pretokenizers[1]'");

    [Fact]
    public void Template_that_repeats_the_text_is_refused()
    {
        const string Template = """{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"Sequence": {"id": "A"}}], "special_tokens": {}}""";
        ShouldFail(
            TokenizerJson.Model(["a"]).Set("post_processor", Template).Load,
            "SLM2103",
            "'post_processor.single[1]' puts the text in a second time");
    }

    [Fact]
    public void Template_with_too_many_tokens_is_refused()
    {
        string ids = string.Join(',', Enumerable.Repeat(1, 600));
        string template =
            $$$"""{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "s"}}, {"SpecialToken": {"id": "s"}}], "special_tokens": {"s": {"ids": [{{{ids}}}] } } }""";
        ShouldFail(
            TokenizerJson.Model(["a"]).Set("post_processor", template).Load,
            "SLM2103",
            "'post_processor.single' puts more than 1024 tokens");
    }

    [Theory]
    [InlineData("added_tokens[0].content")]
    [InlineData("pre_tokenizer.pattern.String")]
    [InlineData("model.end_of_word_suffix")]
    public void Text_that_would_be_compared_everywhere_is_refused_beyond_a_length(string place)
    {
        string text = new('a', 100_000);
        TokenizerJson json = TokenizerJson.Model(["a"]);
        _ = place switch
        {
            "added_tokens[0].content" => json.Add(1, text),
            "model.end_of_word_suffix" => json.SetModel("end_of_word_suffix", text),
            _ => json.Set(
                "pre_tokenizer",
                JsonSerializer.Serialize(
                    new { type = "Split", pattern = new { String = text }, behavior = "Isolated" })),
        };
        ShouldFail(json.Load, "SLM2103", $"'{place}' is longer than");
    }

    [Fact]
    public void Tens_of_thousands_of_added_tokens_are_found_in_one_pass()
    {
        TokenizerJson json = TokenizerJson.Model(["a"]);
        foreach (int id in Enumerable.Range(1, 30_000))
        {
            json.Add(id, $"<{id}>");
        }

        Tokenizer tokenizer = json.Load();
        int[] ids = [.. Enumerable.Range(1, 30_000).Select(i => i * 7919 % 30_000 + 1)];
        tokenizer.Encode(string.Concat(ids.Select(id => $"<{id}>a"))).ShouldBe(ids.SelectMany(id => new[] { id, 0 }));
    }

    [Fact]
    public void White_space_that_added_tokens_strip_is_gone_through_once()
    {
        const int Length = 300_000;
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).Add(1, " ", "lstrip", "rstrip").Load();
        tokenizer.Encode(new string(' ', Length) + "a").Length.ShouldBe(Length + 1);
    }

    [Fact]
    public void Added_tokens_that_overlap_by_stripping_are_found_as_in_the_original()
    {
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).Add(1, " ", "rstrip", "normalized")
            .Add(2, "\t", "lstrip", "normalized")
            .Load();
        tokenizer.Encode(" \t\ta").ShouldBe([1, 2, 2, 0]);
    }

    [Fact]
    public void Combining_characters_without_end_are_sorted()
    {
        Tokenizer tokenizer = TokenizerJson.Model(["a"]).Set("normalizer", """{"type": "NFD"}""").Load();
        tokenizer.Encode("a" + string.Concat(Enumerable.Repeat("\u0301\u0316", 300_000))).ShouldBe([0]);
    }

    [Fact]
    public void Ids_may_be_anywhere()
    {
        TokenizerJson json = TokenizerJson.Model(["a"]);
        json.SetModel("vocab", new JsonObject { ["a"] = int.MaxValue, ["b"] = 0, ["ab"] = int.MaxValue - 1 })
            .SetModel("merges", new JsonArray("a b"));
        Tokenizer tokenizer = json.Load();
        tokenizer.Encode("aba").ShouldBe([int.MaxValue - 1, int.MaxValue]);
        tokenizer.Token(int.MaxValue).ShouldBe("a");
        tokenizer.VocabularySize.ShouldBe(3);
    }

    private static TextPattern Pattern(string pattern)
    {
        JsonElement json = JsonSerializer.SerializeToElement(new { Regex = pattern });
        return PatternReader.Read(new TokenizerNode(new TokenizerPlace("tokenizer.json", "normalizer.pattern"), json));
    }

    private static string Split(string pattern) =>
        $$$"""{"type": "Split", "pattern": {"Regex": {{{JsonSerializer.Serialize(pattern)}}}}, "behavior": "Isolated", "invert": false}""";

    private static string Sequence(string name, string component, int times) =>
        $$"""{"type": "Sequence", "{{name}}": [{{string.Join(", ", Enumerable.Repeat(component, times))}}]}""";

    private static DiagnosticException ShouldFail<T>(Func<T> action, string code, string message)
    {
        var error = Should.Throw<DiagnosticException>(() => { action(); });
        error.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(code);
        error.Message.ShouldContain(message);
        error.Message.Length.ShouldBeLessThan(1000);
        return error;
    }
}
