using System.Text.Json.Nodes;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

public class BytePairs
{
    private static readonly string[] Bytes = [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")];

    [Fact]
    public void The_merge_of_the_lowest_rank_goes_first() =>
        TokenizerJson.Model(["a", "b", "c", "ab", "bc"], "b c", "a b").Load().Tokens("abc").ShouldBe(["a", "bc"]);

    [Fact]
    public void Among_equal_merges_the_leftmost_goes_first()
    {
        Tokenizer tokenizer = TokenizerJson.Model(["a", "aa", "aaaa"], "a a", "aa aa").Load();
        tokenizer.Tokens("aaa").ShouldBe(["aa", "a"]);
        tokenizer.Tokens("aaaaaaa").ShouldBe(["aaaa", "aa", "a"]);
    }

    [Fact]
    public void Merges_may_be_pairs_whose_tokens_hold_spaces()
    {
        TokenizerJson json = TokenizerJson.Model([" ", "  ", "    "]);
        json.SetModel("merges", JsonNode.Parse("""[[" ", " "], ["  ", "  "]]"""));
        json.Load().Tokens("     ").ShouldBe(["    ", " "]);
    }

    [Fact]
    public void A_version_line_among_the_merges_is_passed_over() =>
        TokenizerJson.Model(["a", "b", "ab"], "#version: 0.2", "a b").Load().Tokens("ab").ShouldBe(["ab"]);

    [Fact]
    public void A_word_that_is_a_token_is_taken_whole_only_when_merges_are_ignored()
    {
        TokenizerJson json = TokenizerJson.Model(["a", "b", "ab"]);
        json.Load().Tokens("ab").ShouldBe(["a", "b"]);
        json.SetModel("ignore_merges", true).Load().Tokens("ab").ShouldBe(["ab"]);
    }

    [Fact]
    public void Unknown_characters_fall_back_to_their_bytes()
    {
        Tokenizer tokenizer = TokenizerJson.Model(["?", "a", .. Bytes])
            .SetModel("byte_fallback", true).SetModel("unk_token", "?").Load();
        tokenizer.Tokens("aé😀").ShouldBe(["a", "<0xC3>", "<0xA9>", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]);
    }

    [Fact]
    public void A_character_whose_bytes_are_missing_is_unknown() =>
        TokenizerJson.Model(["?", "<0xC3>"]).SetModel("byte_fallback", true).SetModel("unk_token", "?").Load()
            .Tokens("é").ShouldBe(["?"]);

    [Theory]
    [InlineData(false, new[] { "?", "?", "a", "?" })]
    [InlineData(true, new[] { "?", "a", "?" })]
    public void Neighbouring_unknown_characters_are_fused_when_asked_for(bool isFused, string[] tokens) =>
        TokenizerJson.Model(["?", "a"]).SetModel("unk_token", "?").SetModel("fuse_unk", isFused).Load()
            .Tokens("é😀aü").ShouldBe(tokens);

    [Fact]
    public void Without_an_unknown_token_unknown_characters_are_dropped() =>
        TokenizerJson.Model(["a", "b", "ab"], "a b").Load().Tokens("aéb").ShouldBe(["ab"]);

    [Fact]
    public void Subwords_are_marked_by_prefix_and_suffix()
    {
        TokenizerJson json = TokenizerJson.Model(
            ["?", "a", "##b", "##c</w>", "ab", "abc</w>", "a</w>"],
            "a ##b",
            "ab ##c</w>");
        json.SetModel("unk_token", "?").SetModel("continuing_subword_prefix", "##")
            .SetModel("end_of_word_suffix", "</w>");
        Tokenizer tokenizer = json.Load();
        tokenizer.Tokens("abc").ShouldBe(["abc</w>"]);
        tokenizer.Tokens("a").ShouldBe(["a</w>"]);
        tokenizer.Tokens("ba").ShouldBe(["?", "?"]);
    }

    [Fact]
    public void Empty_text_has_no_tokens() => TokenizerJson.Model(["a"]).Load().Encode("").ShouldBeEmpty();

    [Fact]
    public void Halves_of_surrogate_pairs_are_read_as_replacement_characters()
    {
        Tokenizer tokenizer = TokenizerJson.Model(["?", "a", "\uFFFD", "😀"]).SetModel("unk_token", "?").Load();
        tokenizer.Tokens("a\uD83D").ShouldBe(["a", "\uFFFD"]);
        tokenizer.Tokens("\uDE00a\uD83D\uD83D\uDE00").ShouldBe(["\uFFFD", "a", "\uFFFD", "😀"]);
    }

    [Fact]
    public void A_book_as_one_word_is_merged_to_the_end()
    {
        // A quadratic merge would not end within the patience of anybody who runs tests.
        const int Length = 1 << 16;
        Tokenizer tokenizer = TokenizerJson.Model(["a", "b", "ab", "abab"], "a b", "ab ab").Load();
        int[] ids = tokenizer.Encode(string.Concat(Enumerable.Repeat("ab", Length)) + "a");
        ids.Length.ShouldBe((Length / 2) + 1);
        ids[..^1].ShouldAllBe(id => id == 3);
        ids[^1].ShouldBe(0);
    }

    [Fact]
    public void A_tokenizer_can_be_shared_by_threads()
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model("tiny-opt"));
        string[] lines = [.. File.ReadLines(Repository.Text("sample-eval.txt")).Take(100)];
        int[][] expected = [.. lines.Select(line => tokenizer.Encode(line))];
        int[][] encoded = new int[lines.Length][];
        Parallel.For(0, lines.Length, i => encoded[i] = tokenizer.Encode(lines[i]));
        encoded.ShouldBe(expected);
    }
}
