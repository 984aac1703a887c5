using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Gguf.Vocabulary;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Models.Tests.Tokenizers;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Gguf;

public class ByteLevelVocabularies
{
    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    [Fact]
    public void A_tokenizer_of_bytes_is_written_with_its_merges_and_special_tokens()
    {
        var metadata = new GgufMetadata();
        GgufVocabulary.Write(metadata, Repository.Model("tiny-opt"), 2048).ShouldBeEmpty();
        metadata["tokenizer.ggml.model"].ShouldBe("gpt2");
        metadata["tokenizer.ggml.pre"].ShouldBe("gpt-2");
        Tokenizer tokenizer = Tokenizer.Load(Repository.Model("tiny-opt"));
        Get<string[]>(metadata, "tokens").ShouldBe(Enumerable.Range(0, 2048).Select(id => tokenizer.Token(id)!));
        int[] types = Get<int[]>(metadata, "token_type");
        types[..4].ShouldAllBe(type => type == 3);
        types[4..].ShouldAllBe(type => type == 1);
        string[] merges = Get<string[]>(metadata, "merges");
        merges.Length.ShouldBe(1788);
        merges[..3].ShouldBe(["h e", "\u0120 t", "\u0120 a"]);
        metadata["tokenizer.ggml.bos_token_id"].ShouldBe(2u);
        metadata["tokenizer.ggml.eos_token_id"].ShouldBe(2u);
        metadata["tokenizer.ggml.unknown_token_id"].ShouldBe(2u);
        metadata["tokenizer.ggml.padding_token_id"].ShouldBe(1u);
        metadata["tokenizer.ggml.add_bos_token"].ShouldBe(true);
        metadata["tokenizer.ggml.add_eos_token"].ShouldBe(false);
    }

    [Fact]
    public void GPT2s_own_files_give_the_pairs_that_the_converted_tokenizer_gives()
    {
        string sample = Repository.Model("tiny-opt");
        var converted = new GgufMetadata();
        GgufVocabulary.Write(converted, sample, 2048);
        using var directory = new VocabularyDirectory();
        foreach (string file in (string[])["vocab.json", "merges.txt", "tokenizer_config.json",
            "special_tokens_map.json", "config.json"])
        {
            directory.With(file, File.ReadAllText(Path.Combine(sample, file)));
        }

        GgufMetadata own = directory.Write(2048);
        converted.Set("general.name", "model");
        own.Select(pair => pair.Key).ShouldBe(converted.Select(pair => pair.Key), ignoreOrder: true);
        // The tokens that tokenizer_config.json does not name are no special ones there.
        foreach ((string key, object value) in own.Where(pair => pair.Key != "tokenizer.ggml.token_type"))
        {
            value.ShouldBe(converted[key], key);
        }
    }

    [Theory]
    [InlineData("gpt-2", true)]
    [InlineData("starcoder", true, @"\p{N}")]
    [InlineData("smaug-bpe", false, Llama3)]
    [InlineData("stablelm2", false, Qwen2)]
    [InlineData("deepseek-v3", false, @"\p{N}{1,3}", "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+",
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    public void The_patterns_that_text_is_cut_by_tell_the_name(string name, bool cutsByGpt2, params string[] patterns)
    {
        using var directory = new VocabularyDirectory(
            Unreachable(ignoresMerges: false).Set("pre_tokenizer", Cut(cutsByGpt2, patterns)));
        directory.Write(10)["tokenizer.ggml.pre"].ShouldBe(name);
        directory.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_that_looks_words_up_goes_to_a_tokenizer_that_does()
    {
        using var directory = new VocabularyDirectory(
            Unreachable(ignoresMerges: true).Set("pre_tokenizer", Cut(false, Llama3)));
        directory.Write(10)["tokenizer.ggml.pre"].ShouldBe("llama-bpe");
    }

    [Fact]
    public void Looking_words_up_is_refused_where_no_name_does_and_it_makes_a_difference()
    {
        using var directory = new VocabularyDirectory(
            Unreachable(ignoresMerges: true).Set("pre_tokenizer", Cut(false, Qwen2)));
        Should(() => directory.Write(10), GgufVocabularyDiagnostics.NotExpressible).ShouldContain("ignore_merges");
        using var reachable = new VocabularyDirectory(
            TokenizerJson.Model(["a", "b", "ab"], "a b").SetModel("ignore_merges", true)
                .Set("pre_tokenizer", Cut(false, Qwen2)));
        reachable.Write(3)["tokenizer.ggml.pre"].ShouldBe("stablelm2");
    }

    [Fact]
    public void Of_names_for_one_cut_the_one_that_decodes_alike_is_taken()
    {
        using var directory = new VocabularyDirectory(
            Unreachable(ignoresMerges: false).Set("pre_tokenizer", Cut(false, Qwen2)))
            .With("tokenizer_config.json", """{"clean_up_tokenization_spaces":false}""");
        directory.Write(10)["tokenizer.ggml.pre"].ShouldBe("qwen2");
    }

    [Theory]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}""")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a-e]"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]}""")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}"},"behavior":"Contiguous","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]}""")]
    public void A_cut_without_a_name_is_refused(string preTokenizer)
    {
        using var directory = new VocabularyDirectory(
            Unreachable(ignoresMerges: false).Set("pre_tokenizer", preTokenizer));
        Should(() => directory.Write(10), GgufVocabularyDiagnostics.UnknownPreTokenizer).ShouldContain("bytes");
    }

    [Fact]
    public void A_cut_that_llama_cpp_does_nearly_is_a_warning()
    {
        const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", Before
            = @"[^\r\n\p{L}\p{N}]?";
        string tekken = $"{Before}{Upper}*{Lower}+|{Before}{Upper}+{Lower}*|"
            + @"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
        using var directory = new VocabularyDirectory(
            Unreachable(ignoresMerges: true).Set("pre_tokenizer", Cut(false, tekken)));
        directory.Write(10)["tokenizer.ggml.pre"].ShouldBe("tekken");
        directory.Warnings.ShouldHaveSingleItem().Descriptor.ShouldBe(GgufVocabularyDiagnostics.Differs);
    }

    [Fact]
    public void Composing_characters_is_a_warning_and_other_rewriting_an_error()
    {
        using VocabularyDirectory composing = new VocabularyDirectory(
            TokenizerJson.Sample("tiny-opt").Set("normalizer", """{"type":"NFC"}"""))
            .With("config.json", """{"eos_token_id":2}""");
        composing.Write(2048);
        composing.Warnings.ShouldHaveSingleItem().Message.ShouldContain("NFC");
        using var lower = new VocabularyDirectory(
            TokenizerJson.Sample("tiny-opt").Set("normalizer", """{"type":"Lowercase"}"""));
        Should(() => lower.Write(2048), GgufVocabularyDiagnostics.NotExpressible).ShouldContain("lower case");
    }

    [Fact]
    public void Marks_at_the_end_of_words_are_refused()
    {
        using var directory = new VocabularyDirectory(
            TokenizerJson.Sample("tiny-opt").SetModel("end_of_word_suffix", "</w>"));
        Should(() => directory.Write(2048), GgufVocabularyDiagnostics.NotExpressible).ShouldContain(
            "end_of_word_suffix");
    }

    [Fact]
    public void Rows_without_a_token_get_fillers_that_are_no_other_tokens_text()
    {
        using var directory = new VocabularyDirectory(
            TokenizerJson.Model(["a", "b", "[PAD4]"]).Set("pre_tokenizer", Cut(true)));
        GgufMetadata metadata = directory.Write(6);
        Get<string[]>(metadata, "tokens").ShouldBe(["a", "b", "[PAD4]", "[PAD3]", "[[PAD4]]", "[PAD5]"]);
        Get<int[]>(metadata, "token_type").ShouldBe([1, 1, 1, 5, 5, 5]);
    }

    [Fact]
    public void An_id_beyond_the_models_table_is_an_error()
    {
        using var directory = new VocabularyDirectory(TokenizerJson.Sample("tiny-opt"));
        Should(() => directory.Write(2047), GgufVocabularyDiagnostics.BeyondTable).ShouldContain("2047");
    }

    [Fact]
    public void Added_tokens_are_control_tokens_where_they_are_special_or_look_it()
    {
        TokenizerJson tokenizer = TokenizerJson.Model(["a"]).Set("pre_tokenizer", Cut(true))
            .Add(1, "<s>", "special").Add(2, "<|im_end|>").Add(3, "tool\u2581call").Add(4, "<unused7>");
        using var directory = new VocabularyDirectory(tokenizer);
        GgufMetadata metadata = directory.Write(5);
        Get<int[]>(metadata, "token_type").ShouldBe([1, 3, 3, 4, 3]);
        Get<string[]>(metadata, "tokens")[3].ShouldBe("tool call");
    }

    [Fact]
    public void Added_tokens_that_are_looked_for_otherwise_are_a_warning()
    {
        using var directory = new VocabularyDirectory(
            TokenizerJson.Model(["a"]).Set("pre_tokenizer", Cut(true)).Add(1, "<x>", "lstrip")
                .Add(2, "<y>", "single_word"));
        directory.Write(3);
        directory.Warnings.ShouldHaveSingleItem().Message.ShouldContain("'<x>' and 1 other token");
    }

    [Fact]
    public void Two_tokens_of_one_text_are_refused()
    {
        using var directory = new VocabularyDirectory(
            TokenizerJson.Model(["a b"]).Set("pre_tokenizer", Cut(true)).Add(1, "a\u2581b"));
        Should(() => directory.Write(2), GgufVocabularyDiagnostics.NotExpressible).ShouldContain("'a b'");
    }

    [Fact]
    public void Two_tokens_of_one_id_are_refused()
    {
        using var directory = new VocabularyDirectory(
            TokenizerJson.Model([]).Set("pre_tokenizer", Cut(true))
                .SetModel("vocab", new System.Text.Json.Nodes.JsonObject { ["a"] = 0, ["b"] = 0 }));
        Should(() => directory.Write(2), GgufVocabularyDiagnostics.NotExpressible).ShouldContain("same id");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("tokenizer.model")]
    public void A_directory_without_a_tokenizer_that_is_read_is_the_tokenizers_own_error(string? file)
    {
        using var directory = new VocabularyDirectory();
        if (file is not null)
        {
            directory.With(file, "?");
        }

        Should(() => directory.Write(1), TokenizerDiagnostics.Missing);
    }

    /// <summary>A tokenizer that has a token which no merges make.</summary>
    private static TokenizerJson Unreachable(bool ignoresMerges) =>
        TokenizerJson.Model(["a", "b", "ab", "abba"], "a b").SetModel("ignore_merges", ignoresMerges);

    private static string Cut(bool byGpt2, params string[] patterns)
    {
        IEnumerable<string> splits = patterns.Select(pattern =>
            $$"""{"type":"Split","pattern":{"Regex":{{System.Text.Json.JsonSerializer.Serialize(pattern)}}},"behavior":"Isolated","invert":false},""");
        return $$"""{"type":"Sequence","pretokenizers":[{{string.Concat(splits)}}{"type":"ByteLevel","add_prefix_space":false,"use_regex":{{(byGpt2 ? "true" : "false")}}}]}""";
    }

    private static T Get<T>(GgufMetadata metadata, string name)
        => metadata[$"tokenizer.ggml.{name}"].ShouldBeOfType<T>();

    private static string Should(Action action, SparseLlm.Diagnostics.DiagnosticDescriptor descriptor)
        => action.ShouldFailWith(descriptor).Message;
}
