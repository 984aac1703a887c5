using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tests.Tokenizers;

namespace SparseLlm.Models.Tests.Gguf;

public class SpecialTokenIds
{
    private const string Settings = "tokenizer_config.json";

    [Fact]
    public void The_files_are_asked_in_their_order()
    {
        using var directory = Sample()
            .With(Settings, """{"bos_token":{"content":"<s>"}}""")
            .With("special_tokens_map.json", """{"bos_token":"</s>","pad_token":"<pad>"}""")
            .With("config.json", """{"bos_token_id":3,"pad_token_id":3,"eos_token_id":[2,0]}""")
            .With("generation_config.json", """{"eos_token_id":0,"mask_token_id":3}""");
        GgufMetadata metadata = directory.Write(2048);
        Id(metadata, "bos").ShouldBe(0u);
        Id(metadata, "padding").ShouldBe(1u);
        Id(metadata, "eos").ShouldBe(2u);
        Id(metadata, "mask").ShouldBe(3u);
    }

    [Fact]
    public void What_is_no_token_of_the_vocabulary_is_left_out()
    {
        using var directory = Sample()
            .With(
                Settings,
                """{"bos_token":"<none>","eos_token":7,"unk_token":{"content":[]},"pad_token":{},"chat_template":5}""")
            .With("config.json", """{"bos_token_id":-1,"eos_token_id":2048,"unk_token_id":"3","pad_token_id":1.5,"sep_token_id":[[1]],"cls_token_id":1e99}""");
        GgufMetadata metadata = directory.Write(2048);
        metadata.Where(pair => pair.Key.EndsWith("_token_id", StringComparison.Ordinal)).ShouldBeEmpty();
        metadata["tokenizer.chat_template"].ShouldBeNull();
    }

    [Fact]
    public void What_stands_around_a_text_is_its_beginning_and_end()
    {
        using var directory = new VocabularyDirectory(TokenizerJson.Sample("tiny-opt").Set(
            "post_processor",
            """
            {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"b","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"e","type_id":0}}],
            "pair":[],"special_tokens":{"b":{"id":"b","ids":[3],"tokens":["b"]},"e":{"id":"e","ids":[1],"tokens":["e"]}}}
            """)).With(Settings, """{"bos_token":"<s>","eos_token":"</s>","add_eos_token":false}""");
        GgufMetadata metadata = directory.Write(2048);
        Id(metadata, "bos").ShouldBe(3u);
        Id(metadata, "eos").ShouldBe(1u);
        Id(metadata, "eot").ShouldBe(2u);
        metadata["tokenizer.ggml.add_bos_token"].ShouldBe(true);
        metadata["tokenizer.ggml.add_eos_token"].ShouldBe(true);
        directory.Warnings.ShouldHaveSingleItem().Message.ShouldContain("add_eos_token");
    }

    [Fact]
    public void More_than_one_token_before_a_text_is_a_warning()
    {
        using var directory = new VocabularyDirectory(TokenizerJson.Sample("tiny-opt").Set(
            "post_processor",
            """
            {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"b","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
            "pair":[],"special_tokens":{"b":{"id":"b","ids":[3,1],"tokens":["b","c"]}}}
            """)).With(Settings, """{"eos_token":"</s>"}""");
        directory.Write(2048)["tokenizer.ggml.add_bos_token"].ShouldBe(false);
        directory.Warnings.ShouldHaveSingleItem().Message.ShouldContain("puts 2");
    }

    [Fact]
    public void Without_an_end_llama_cpp_takes_any_token_for_it_which_is_a_warning()
    {
        using var bytes = Sample();
        bytes.Write(2048);
        bytes.Warnings.ShouldHaveSingleItem().Message.ShouldContain("token 11, '");
        using var characters = new VocabularyDirectory(TokenizerJson.Sample("tiny-llama"));
        characters.Write(2048);
        characters.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void The_templates_own_file_goes_before_the_settings_and_brings_others_along()
    {
        using var directory = Sample()
            .With(Settings, """{"chat_template":"settings"}""")
            .With("chat_template.json", """{"chat_template":"processor"}""")
            .With("chat_template.jinja", "own")
            .With("additional_chat_templates/tool use.jinja", "tools");
        GgufMetadata metadata = directory.Write(2048);
        metadata["tokenizer.chat_template"].ShouldBe("own");
        metadata["tokenizer.chat_template.tool_use"].ShouldBe("tools");
        metadata["tokenizer.chat_templates"].ShouldBe(new[] { "tool_use" });
    }

    [Fact]
    public void Templates_with_names_are_written_under_them()
    {
        using var directory = Sample().With(
            Settings, """{"chat_template":[{"name":"default","template":"d"},{"name":"rag-2","template":"r"},{"name":"x"},5,{"name":"","template":"n"}]}""");
        GgufMetadata metadata = directory.Write(2048);
        metadata["tokenizer.chat_template"].ShouldBe("d");
        metadata["tokenizer.chat_template.rag_2"].ShouldBe("r");
        metadata["tokenizer.chat_templates"].ShouldBe(new[] { "rag_2" });
    }

    [Fact]
    public void A_processors_template_is_taken_where_there_is_no_other()
    {
        using var directory = Sample().With("chat_template.json", """{"chat_template":"processor"}""");
        directory.Write(2048)["tokenizer.chat_template"].ShouldBe("processor");
    }

    private static VocabularyDirectory Sample() => new(TokenizerJson.Sample("tiny-opt").Set("post_processor", "null"));

    private static object? Id(GgufMetadata metadata, string name) => metadata[$"tokenizer.ggml.{name}_token_id"];
}
