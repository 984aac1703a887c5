using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Runtime.Chat;

namespace SparseLlm.Runtime.Tests.Chat;

public sealed class TemplatesOfModels : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void A_model_without_a_template_has_none() => ChatTemplate.Read(directory.Path).ShouldBeNull();

    [Fact]
    public void The_templates_own_file_goes_before_the_settings_and_these_before_the_processors()
    {
        Write("chat_template.json", """{"chat_template": "processor"}""");
        Render().ShouldBe("processor");
        Write("tokenizer_config.json", """{"chat_template": "settings"}""");
        Render().ShouldBe("settings");
        Write("chat_template.jinja", "own");
        Render().ShouldBe("own");
    }

    [Fact]
    public void Of_several_templates_the_default_is_taken_and_with_tools_the_one_for_tools()
    {
        Write("tokenizer_config.json", """{"chat_template": [{"name": "tool_use", "template": "{{ tools|length }}"}, {"name": "default", "template": "d"}, {"name": "rag", "template": "{% nonsense %}"}]}""");
        Render().ShouldBe("d");
        Render(new ChatTemplateOptions { Tools = [new JsonObject()] }).ShouldBe("1");
    }

    [Fact]
    public void Several_templates_without_a_default_are_an_error_that_names_them()
    {
        Write("tokenizer_config.json", """{"chat_template": [{"name": "rag", "template": "r"}]}""");
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Render()).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Descriptor.ShouldBe(ChatDiagnostics.Malformed);
        diagnostic.Message.ShouldContain("(rag)");
    }

    [Fact]
    public void Templates_know_the_special_tokens_of_the_tokenizer()
    {
        Write("tokenizer_config.json", """{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "pad_token": null, "image_token": "<i>", "add_bos_token": true}""");
        Write("special_tokens_map.json", """{"bos_token": "<other>", "unk_token": "<unk>"}""");
        Write("chat_template.jinja", "{{ bos_token }}{{ eos_token }}{{ unk_token }}{{ image_token }}{{ pad_token is "
            + "defined }}{{ add_bos_token is defined }}");
        Render().ShouldBe("<s></s><unk><i>FalseFalse");
    }

    [Fact]
    public void Templates_get_what_transformers_gives_them()
    {
        Write("tokenizer_config.json", """{"bos_token": "<s>"}""");
        Write("chat_template.jinja", "{{ bos_token }}{{ tools }}{{ documents }}{{ add_generation_prompt }}{{ "
            + "enable_thinking is defined }}{{ documents is defined }}");
        Render().ShouldBe("<s>NoneNoneTrueFalseTrue");
        Render(new ChatTemplateOptions
        {
            AddGenerationPrompt = false,
            Documents = [new JsonObject { ["text"] = "t" }],
            Variables = new Dictionary<string, JsonNode?> { ["enable_thinking"] = false, ["bos_token"] = "[BOS]" },
        }).ShouldBe("[BOS]None[{'text': 't'}]FalseTrueTrue");
    }

    [Fact]
    public void A_mistake_is_shown_where_it_is_in_the_templates_file()
    {
        Write("chat_template.jinja", "a\n {{ b.c.d }}");
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Render()).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Location.ShouldBe(new SourceLocation(directory["chat_template.jinja"], 2, 7));
    }

    [Fact]
    public void Where_the_template_is_in_json_its_line_is_in_the_message()
    {
        Write("tokenizer_config.json", """{"chat_template": "a\n {{ b.c.d }}"}""");
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Render()).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Location.ShouldBe(new SourceLocation(directory["tokenizer_config.json"]));
        diagnostic.Message.ShouldStartWith("chat template, line 2, column 7: ");
    }

    [Fact]
    public void A_template_that_is_not_text_is_an_error_of_its_file()
    {
        File.WriteAllBytes(directory["chat_template.jinja"], [0x61, 0xFF]);
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(() => Render()).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Descriptor.ShouldBe(TokenizerDiagnostics.Malformed);
        diagnostic.Location!.File.ShouldBe(directory["chat_template.jinja"]);
    }

    [Fact]
    public void Messages_of_the_ecosystem_become_those_of_the_template()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ messages|tojson }}");
        template.Render(
        [
            new ChatMessage(ChatRole.System, "s"),
            new ChatMessage(ChatRole.User, [new TextContent("a"), new TextContent("b")]),
            new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("hm"), new FunctionCallContent(
                "id",
                "f",
                new Dictionary<string, object?> { ["x"] = 1, ["y"] = "é", ["z"] = null })]),
            new ChatMessage(
                ChatRole.Tool,
                [new FunctionResultContent("id", 2.5), new FunctionResultContent("id2", "text")]),
        ]).ShouldBe(
            """
            [{"role": "system", "content": "s"}, {"role": "user", "content": "ab"},
             {"role": "assistant", "reasoning_content": "hm", "tool_calls": [{"type": "function", "id": "id", "function": {"name": "f", "arguments": {"x": 1, "y": "é", "z": null}}}]},
             {"role": "tool", "tool_call_id": "id", "content": "2.5"}, {"role": "tool", "tool_call_id": "id2", "content": "text"}]
            """.ReplaceLineEndings(""));
    }

    [Fact]
    public void A_picture_in_a_message_is_refused() => Should.Throw<NotSupportedException>(
        () => ChatTemplate.Parse("").Render(
            [new ChatMessage(ChatRole.User,
                [new UriContent("https://example.com/a.png", "image/png")])])).Message.ShouldContain("UriContent");

    private void Write(string file, string text) => File.WriteAllText(directory[file], text);

    private string Render(ChatTemplateOptions? options = null)
        => ChatTemplate.Read(directory.Path)!.Render([new ChatMessage(ChatRole.User, "hi")], options);
}
