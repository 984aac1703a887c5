using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Gguf.Vocabulary;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Models.Tests.Tokenizers;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Gguf;

public class SentencePieceVocabularies
{
    private const string Never = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":false}""";

    [Fact]
    public void A_tokenizer_of_characters_is_written_with_scores_in_the_order_of_its_merges()
    {
        var metadata = new GgufMetadata();
        GgufVocabulary.Write(metadata, Repository.Model("tiny-llama"), 2048).ShouldBeEmpty();
        metadata["tokenizer.ggml.model"].ShouldBe("llama");
        metadata["tokenizer.ggml.pre"].ShouldBe("default");
        metadata["tokenizer.ggml.add_space_prefix"].ShouldBe(true);
        metadata["tokenizer.ggml.merges"].ShouldBeNull();
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model("tiny-llama"));
        int[] types = Get<int[]>(metadata, "token_type");
        types[..3].ShouldBe([2, 3, 3]);
        types[tokenizer.Id("<0x0A>")!.Value].ShouldBe(6);
        types[tokenizer.Id("he")!.Value].ShouldBe(1);
        float[] scores = Get<float[]>(metadata, "scores");
        scores[tokenizer.Id("he")!.Value].ShouldBe(0);
        scores[tokenizer.Id("\u2581t")!.Value].ShouldBe(-1);
        scores[tokenizer.Id("\u2581a")!.Value].ShouldBe(-2);
        scores.Min().ShouldBe(scores[tokenizer.Id("e")!.Value]);
        metadata["tokenizer.ggml.bos_token_id"].ShouldBe(1u);
        metadata["tokenizer.ggml.unknown_token_id"].ShouldBe(0u);
        metadata["tokenizer.ggml.padding_token_id"].ShouldBeNull();
    }

    [Fact]
    public void All_ways_in_which_a_token_falls_into_two_have_one_score()
    {
        using var directory = new VocabularyDirectory(
            Bytes(["a", "b", "ab", "ba", "aba"], "a b", "b a", "a ba", "ab a"));
        GgufMetadata metadata = directory.Write(261);
        Get<float[]>(metadata, "scores")[256..].ShouldBe([-4, -4, 0, -1, -2]);
    }

    [Fact]
    public void Merges_that_leave_two_tokens_apart_which_together_are_a_third_are_refused()
    {
        using var directory = new VocabularyDirectory(Bytes(["a", "b", "c", "bc", "ab", "abc"], "b c", "a b", "ab c"));
        Refusal(directory).ShouldContain("leaves 'a' and 'bc' apart");
    }

    [Fact]
    public void Merges_of_one_token_with_those_of_another_between_them_are_refused()
    {
        using var directory = new VocabularyDirectory(
            Bytes(["a", "b", "ab", "ba", "aba", "bab"], "a b", "b a", "ab a", "b ab", "a ba"));
        Refusal(directory).ShouldContain("make 'aba' do not follow one another");
    }

    [Fact]
    public void Unknown_characters_must_become_bytes()
    {
        using var unknown = new VocabularyDirectory(
            TokenizerJson.Sample("tiny-llama").SetModel("byte_fallback", false));
        Refusal(unknown).ShouldContain("byte_fallback");
        using var incomplete = new VocabularyDirectory(
            TokenizerJson.Model(["<0x00>"]).SetModel("byte_fallback", true).Set("pre_tokenizer", Never));
        Refusal(incomplete).ShouldContain("<0x01>");
    }

    [Theory]
    [InlineData("null", Never, false, 0)]
    [InlineData("null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", true, 1)]
    [InlineData("null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", true, 1)]
    [InlineData("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""", "null", false, 0)]
    [InlineData(
        """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""",
        """{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""",
        false,
        0)]
    public void Where_a_space_goes_before_a_text_is_written(
        string normalizer,
        string preTokenizer,
        bool addsPrefix,
        int warnings)
    {
        using var directory = new VocabularyDirectory(
            TokenizerJson.Sample("tiny-llama").Set("normalizer", normalizer).Set("pre_tokenizer", preTokenizer));
        directory.Write(2048)["tokenizer.ggml.add_space_prefix"].ShouldBe(addsPrefix);
        directory.Warnings.Count.ShouldBe(warnings);
    }

    [Theory]
    [InlineData("null", "null", "leaves spaces")]
    [InlineData("""{"type":"NFKC"}""", Never, "NFKC")]
    [InlineData("null", """{"type":"Metaspace","replacement":"_","prepend_scheme":"never","split":false}""", "'_'")]
    public void Text_that_is_treated_otherwise_is_refused(string normalizer, string preTokenizer, string message)
    {
        using var directory = new VocabularyDirectory(
            TokenizerJson.Sample("tiny-llama").Set("normalizer", normalizer).Set("pre_tokenizer", preTokenizer));
        Refusal(directory, 2048).ShouldContain(message);
    }

    [Fact]
    public void A_token_of_two_words_is_refused_where_words_are_cut_apart()
    {
        TokenizerJson tokenizer = Bytes(["a", "\u2581", "\u2581a", "a\u2581a"], "\u2581 a", "a \u2581a");
        using var whole = new VocabularyDirectory(tokenizer);
        whole.Write(260);
        using var cut = new VocabularyDirectory(
            tokenizer.Set("pre_tokenizer", Never.Replace("false", "true", StringComparison.Ordinal)));
        Refusal(cut).ShouldContain("'a\u2581a'");
    }

    [Theory]
    [InlineData("Phi-3-mini-4k-instruct", 0)]
    [InlineData("model", 1)]
    public void White_space_behind_special_tokens_is_taken_only_in_models_called_Phi_3(string name, int warnings)
    {
        TokenizerJson tokenizer = TokenizerJson.Sample("tiny-llama").Set("added_tokens", "[]")
            .Add(0, "<unk>", "special").Add(1, "<s>", "special").Add(2, "</s>", "special", "rstrip").Add(
                2048,
                "<|endoftext|>",
                "special").Add(2049, "<|user|>", "special", "rstrip");
        using var directory = new VocabularyDirectory(tokenizer);
        directory.Write(2050, name);
        directory.Warnings.Count.ShouldBe(warnings);
    }

    private static TokenizerJson Bytes(string[] tokens, params string[] merges) => TokenizerJson
        .Model([.. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. tokens], merges)
        .SetModel("byte_fallback", true)
        .Set("pre_tokenizer", Never);

    private static string Refusal(VocabularyDirectory directory, int size = 300) =>
        ((Action)(() => directory.Write(size))).ShouldFailWith(GgufVocabularyDiagnostics.NotExpressible).Message;

    private static T Get<T>(GgufMetadata metadata, string name)
        => metadata[$"tokenizer.ggml.{name}"].ShouldBeOfType<T>();
}
