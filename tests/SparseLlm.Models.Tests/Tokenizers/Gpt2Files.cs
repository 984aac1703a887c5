using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>GPT-2's tokenizer as OPT and others are published: vocab.json and merges.txt, without
/// tokenizer.json.</summary>
public sealed class Gpt2Files : IDisposable
{
    private const string Gpt2
        = """{"tokenizer_class": "GPT2Tokenizer", "bos_token": null, "eos_token": null, "unk_token": null}""";

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Opt_has_the_same_ids_as_with_its_tokenizer_json()
    {
        string sample = Repository.Model("tiny-opt");
        JsonNode model = JsonNode.Parse(File.ReadAllText(Path.Combine(sample, "tokenizer.json")))!["model"]!;
        Write(
            model["vocab"]!.ToJsonString(),
            string.Join('\n', model["merges"]!.AsArray().Select(merge => merge!.GetValue<string>())));
        File.Copy(Path.Combine(sample, "tokenizer_config.json"), directory["tokenizer_config.json"]);

        (Tokenizer expected, Tokenizer tokenizer) = (Tokenizer.Load(sample), Tokenizer.Load(directory.Path));
        string[] texts = [File.ReadAllText(
            Repository.Text("sample-eval.txt")), "", "</s><pad> a</s>", " 'S it's 𝟘😀\r\n\t \u2028é"];
        foreach (string text in texts)
        {
            int[] ids = tokenizer.Encode(text);
            ids.ShouldBe(expected.Encode(text));
            tokenizer.Decode(ids).ShouldBe(expected.Decode(ids));
        }

        tokenizer.Encode("")[0].ShouldBe(tokenizer.Id("</s>")!.Value);
        tokenizer.VocabularySize.ShouldBe(expected.VocabularySize);
    }

    [Fact]
    public void Merges_may_end_with_or_without_a_line_break_of_either_kind()
    {
        foreach (string merges in (string[])["a b\nab c", "a b\nab c\n", "a b\r\nab c\r\n"])
        {
            Write("""{"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}""", merges, Gpt2);
            Tokenizer.Load(directory.Path).Encode("abcab").ShouldBe([4, 3], merges);
        }
    }

    [Fact]
    public void Files_may_begin_with_a_byte_order_mark()
    {
        Write("""{"a": 0, "b": 1, "ab": 2}""", "a b", Gpt2);
        foreach (string file in (string[])["vocab.json", "merges.txt", "tokenizer_config.json"])
        {
            File.WriteAllText(directory[file], "\uFEFF" + File.ReadAllText(directory[file]));
        }

        Tokenizer.Load(directory.Path).Encode("ab").ShouldBe([2]);
    }

    [Fact]
    public void Class_and_special_tokens_are_those_of_the_model_type_where_nothing_names_others()
    {
        Write("""{"a": 0, "b": 1}""", "");
        File.WriteAllText(directory["config.json"], """{"model_type": "opt"}""");
        Tokenizer tokenizer = Tokenizer.Load(directory.Path);
        tokenizer.Encode("ab<|endoftext|>").ShouldBe([0, 1, 2]);
        tokenizer.Decode([0, 2]).ShouldBe("a");
    }

    [Fact]
    public void Text_may_get_a_token_and_a_space_in_front()
    {
        Write("""{"a": 0, "Ġ": 1, "Ġa": 2, "<s>": 3}""", "Ġ a", """{"tokenizer_class": "GPT2TokenizerFast", "add_bos_token": true, "add_prefix_space": true, "bos_token": "<s>", "eos_token": "<s>", "unk_token": "<s>"}""");
        Tokenizer tokenizer = Tokenizer.Load(directory.Path);
        tokenizer.Encode("aa").ShouldBe([3, 2, 0]);
        tokenizer.Encode("a", addSpecialTokens: false).ShouldBe([2]);
    }

    [Fact]
    public void Special_tokens_of_their_own_file_come_first_and_tokens_are_added_in_the_order_of_their_ids()
    {
        Write("""{"a": 0}""", "", """{"tokenizer_class": "GPT2Tokenizer", "bos_token": "<1>", "eos_token": "<2>", "unk_token": null, "add_bos_token": true}""");
        File.WriteAllText(
            directory["special_tokens_map.json"],
            """{"bos_token": {"content": "<b>", "lstrip": true}, "additional_special_tokens": ["<x>"]}""");
        File.WriteAllText(directory["added_tokens.json"], """{"<late>": 2, "<early>": 1}""");
        Tokenizer tokenizer = Tokenizer.Load(directory.Path);
        tokenizer.Encode("<early> <late> <b><2><x><1>a").ShouldBe([3, 1, 2, 3, 4, 5, 0]);
    }

    [Fact]
    public void Listed_added_tokens_stand_for_the_files_that_older_versions_wrote()
    {
        Write(
            """{"a": 0}""",
            "",
            """
            {"tokenizer_class": "GPT2Tokenizer", "bos_token": "<b>", "eos_token": "<b>", "unk_token": "<b>",
             "added_tokens_decoder": {"2": {"content": "<b>", "special": true}, "1": {"content": "<c>", "rstrip": true}}}
            """);
        File.WriteAllText(directory["special_tokens_map.json"], """{"bos_token": "<other>"}""");
        File.WriteAllText(directory["added_tokens.json"], """{"<other>": 1}""");
        Tokenizer tokenizer = Tokenizer.Load(directory.Path);
        tokenizer.Encode("<c>  <b>a<other>").ShouldBe([1, 2, 0]);
        tokenizer.Decode([1, 2, 0]).ShouldBe("<c>a");
    }

    [Fact]
    public void Tokenizer_json_outdoes_the_other_files()
    {
        Write("""{"a": 7}""", "broken", "broken");
        File.WriteAllText(
            directory["tokenizer.json"],
            """{"model": {"type": "BPE", "vocab": {"a": 1}, "merges": []}}""");
        Tokenizer.Load(directory.Path).Encode("a").ShouldBe([1]);
    }

    [Fact]
    public void Merge_of_an_unknown_token_is_an_error_with_its_line()
    {
        Write("""{"a": 0, "b": 1, "ab": 2}""", "a b\nab x", Gpt2);
        Diagnostic error = ShouldFail("SLM2105", "needs the token 'x', which vocab.json lacks");
        error.Location.ShouldBe(new SourceLocation(directory["merges.txt"], 3, 1));
    }

    [Theory]
    [InlineData("a b c")]
    [InlineData("ab")]
    [InlineData("")]
    public void Line_that_is_no_merge_is_an_error_with_its_place(string line)
    {
        Write("""{"a": 0, "b": 1, "ab": 2}""", $"a b\n{line}\na b", Gpt2);
        ShouldFail("SLM2102", "does not hold two tokens").Location
            .ShouldBe(new SourceLocation(directory["merges.txt"], 3, 1));
    }

    [Fact]
    public void Merges_that_are_not_text_are_an_error()
    {
        Write("{}", "", Gpt2);
        File.WriteAllBytes(directory["merges.txt"], [(byte)'a', 0xFF]);
        ShouldFail("SLM2102", "not UTF-8").Location!.File.ShouldBe(directory["merges.txt"]);
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "RobertaTokenizer"}""", "'RobertaTokenizer'")]
    [InlineData("{}", "no 'tokenizer_class' is named")]
    public void Tokenizer_of_another_class_is_an_error_that_says_how_to_get_tokenizer_json(
        string settings,
        string message)
    {
        Write("""{"a": 0}""", "", settings);
        File.WriteAllText(directory["config.json"], """{"model_type": "llama"}""");
        ShouldFail("SLM2103", message).Message.ShouldContain("save_pretrained");
    }

    [Theory]
    [InlineData("vocab.json", "without merges.txt")]
    [InlineData("merges.txt", "without vocab.json")]
    [InlineData("tokenizer.model", "tokenizer.model cannot be read")]
    [InlineData("qwen.tiktoken", "qwen.tiktoken cannot be read")]
    [InlineData("README.md", "the model has no tokenizer.json;")]
    public void Directory_without_a_whole_tokenizer_is_an_error_that_says_how_to_get_one(string file, string message)
    {
        File.WriteAllText(directory[file], "");
        ShouldFail("SLM2101", message).Message
            .ShouldContain("AutoTokenizer.from_pretrained(MODEL).save_pretrained(DIRECTORY)");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void Token_in_front_that_is_not_named_is_an_error(string token)
    {
        Write(
            """{"a": 0}""",
            "",
            $$"""{"tokenizer_class": "GPT2Tokenizer", "bos_token": {{token}}, "add_bos_token": true}""");
        ShouldFail("SLM2102", "'bos_token'").Location!.File.ShouldBe(directory["tokenizer_config.json"]);
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("tokenizer_config.json")]
    public void Pointer_of_git_lfs_is_an_error_that_says_what_to_run(string file)
    {
        Write("""{"a": 0}""", "", Gpt2);
        File.WriteAllText(directory[file], "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
        ShouldFail("SLM2102", "git lfs pull").Location!.File.ShouldBe(directory[file]);
    }

    [Fact]
    public void Files_that_are_read_can_be_told_from_names()
    {
        Tokenizer.FilesAmong(["vocab.json", "tokenizer.json", "merges.txt", "config.json"])
            .ShouldBe(["tokenizer.json"]);
        Tokenizer.FilesAmong(["vocab.json", "README.md", "merges.txt", "tokenizer_config.json", "config.json",
            "special_tokens_map.json", "added_tokens.json"])
            .ShouldBe(["added_tokens.json", "config.json", "merges.txt", "special_tokens_map.json",
                "tokenizer_config.json", "vocab.json"]);
        Tokenizer.FilesAmong(["vocab.json", "tokenizer_config.json"]).ShouldBeEmpty();
    }

    private void Write(string vocabulary, string merges, string? settings = null)
    {
        File.WriteAllText(directory["vocab.json"], vocabulary);
        File.WriteAllText(directory["merges.txt"], "#version: 0.2\n" + merges);
        if (settings is not null)
        {
            File.WriteAllText(directory["tokenizer_config.json"], settings);
        }
    }

    private Diagnostic ShouldFail(string code, string message)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Tokenizer.Load(directory.Path)).Diagnostics
            .ShouldHaveSingleItem();
        diagnostic.Code.ShouldBe(code);
        diagnostic.Message.ShouldContain(message);
        return diagnostic;
    }
}
