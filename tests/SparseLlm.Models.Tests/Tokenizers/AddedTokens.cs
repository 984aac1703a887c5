using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

public class AddedTokens
{
    private static readonly string[] Letters = ["?", "a", "b", "c", "x", " ", "\n", "A", "<", ">"];

    private static TokenizerJson Model => TokenizerJson.Model(Letters).SetModel("unk_token", "?");

    [Fact]
    public void An_added_token_is_found_anywhere() =>
        Model.Add(10, "<x>").Load().Tokens("a<x>b<x>").ShouldBe(["a", "<x>", "b", "<x>"]);

    [Fact]
    public void The_longest_of_the_leftmost_added_tokens_is_taken()
    {
        Tokenizer tokenizer = Model.Add(10, "ab").Add(11, "abc").Add(12, "bcx").Load();
        tokenizer.Tokens("abcx").ShouldBe(["abc", "x"]);
        tokenizer.Tokens("abx").ShouldBe(["ab", "x"]);
        tokenizer.Tokens("cbcx").ShouldBe(["c", "bcx"]);
    }

    [Fact]
    public void Stripping_takes_the_white_space_around()
    {
        Model.Add(10, "<x>", "lstrip").Load().Tokens("a \n<x> b").ShouldBe(["a", "<x>", " ", "b"]);
        Model.Add(10, "<x>", "rstrip").Load().Tokens("a <x>\n b").ShouldBe(["a", " ", "<x>", "b"]);
        Model.Add(10, "<x>", "lstrip", "rstrip").Load().Tokens(" <x> <x> ").ShouldBe(["<x>", "<x>"]);
    }

    [Fact]
    public void A_single_word_token_is_not_part_of_a_word()
    {
        Tokenizer tokenizer = Model.Add(10, "ab", "single_word").Load();
        tokenizer.Tokens("ab ab<ab").ShouldBe(["ab", " ", "ab", "<", "ab"]);
        tokenizer.Tokens("abc").ShouldBe(["a", "b", "c"]);
        tokenizer.Tokens("cab").ShouldBe(["c", "a", "b"]);
        tokenizer.Tokens("ab\u200D").ShouldBe(["a", "b", "?"], "a joiner belongs to the word");
        tokenizer.Tokens("𠀀ab").ShouldBe(["?", "a", "b"]);
    }

    [Fact]
    public void A_normalized_token_is_found_in_normalized_text_and_another_in_the_raw_text()
    {
        const string Lowercase = """{"type": "Lowercase"}""";
        Model.Set("normalizer", Lowercase).Add(10, "Ab", "normalized").Load().Tokens("aBx").ShouldBe(["Ab", "x"]);
        Model.Set("normalizer", Lowercase).Add(10, "Ab").Load().Tokens("AbaBx").ShouldBe(["Ab", "a", "b", "x"]);
    }

    [Fact]
    public void Every_stretch_between_added_tokens_is_normalized_by_itself() =>
        Model.Set("normalizer", """{"type": "Prepend", "prepend": "x"}""").Add(10, "<x>").Load()
            .Tokens("a<x>b").ShouldBe(["x", "a", "<x>", "x", "b"]);

    [Fact]
    public void Only_the_beginning_of_the_text_is_first_to_metaspace()
    {
        const string First = """{"type": "Metaspace", "replacement": "x", "prepend_scheme": "first", "split": true}""";
        Model.Set("pre_tokenizer", First).Add(10, "<x>").Load().Tokens("a<x>b").ShouldBe(["x", "a", "<x>", "b"]);
        Model.Set("pre_tokenizer", First).Add(10, "<x>").Load().Tokens("<x>b").ShouldBe(["<x>", "b"]);
    }

    [Fact]
    public void Only_special_tokens_are_left_out_when_decoding()
    {
        Tokenizer tokenizer = Model.Set("decoder", """{"type": "Fuse"}""").Add(10, "<s>", "special").Add(11, "<x>")
            .Load();
        tokenizer.Decode([10, 1, 11, 10]).ShouldBe("a<x>");
        tokenizer.Decode([10, 1, 11, 10], skipSpecialTokens: false).ShouldBe("<s>a<x><s>");
    }

    [Fact]
    public void Added_tokens_count_once_and_are_numbered_on_from_the_model()
    {
        Tokenizer tokenizer = Model.Add(1, "a", "special").Add(90, "<x>").Load();
        tokenizer.VocabularySize.ShouldBe(11);
        tokenizer.Id("a").ShouldBe(1);
        tokenizer.Id("<x>").ShouldBe(10);
        tokenizer.Encode("a<x>").ShouldBe([1, 10]);
    }
}
