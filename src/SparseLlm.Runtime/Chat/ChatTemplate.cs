using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat;

/// <summary>
/// How the turns of a conversation become one text, as the model's own template in Jinja says. The text has all special
/// tokens that the model expects, so it is encoded without adding any. Read once; may be shared by threads.
/// </summary>
public sealed class ChatTemplate
{
    private const string ForTools = "tool_use";

    private readonly Dictionary<string, NamedTemplate> templates;
    private readonly IReadOnlyDictionary<string, string> specialTokens;

    private ChatTemplate(Dictionary<string, NamedTemplate> templates, IReadOnlyDictionary<string, string> specialTokens)
        =>
        (this.templates, this.specialTokens) = (templates, specialTokens);

    /// <summary>Reads the template of a model: <c>chat_template.jinja</c>, else what tokenizer_config.json has, else
    /// <c>chat_template.json</c>.</summary>
    /// <param name="directory">A Hugging Face model directory.</param>
    /// <returns>The template; null if the model has none, as base models do.</returns>
    /// <exception cref="DiagnosticException">
    /// <see cref="ChatDiagnostics"/>: it is malformed, or has something that is not supported.
    /// <see cref="TokenizerDiagnostics.Malformed"/>: its file cannot be read.
    /// </exception>
    public static ChatTemplate? Read(string directory)
    {
        var settings = new TokenizerSettings(directory);
        OrderedDictionary<string, ChatTemplateText> texts = ChatTemplateFiles.Read(directory, settings);
        if (texts.Count == 0)
        {
            return null;
        }

        if (!texts.ContainsKey(ChatTemplateFiles.Default))
        {
            throw ChatDiagnostics.Malformed.Error(
                new SourceLocation(texts.GetAt(0).Value.Path),
                $"the model has chat templates with names ({string.Join(", ", texts.Keys)}), and none is named "
                + $"'default'; name the one so that is to be used.");
        }

        // Others, such as one for documents, are not asked for, and nothing that is wrong with them matters.
        var used = texts.Where(text => text.Key is ChatTemplateFiles.Default or ForTools);
        return new ChatTemplate(
            used.ToDictionary(text => text.Key, text => new NamedTemplate(text.Value)),
            settings.SpecialTokens);
    }

    /// <summary>Which of a model's files <see cref="Read"/> reads, in ordinal order.</summary>
    /// <param name="names">The names of its files, relative to its directory.</param>
    public static IReadOnlyList<string> FilesAmong(IEnumerable<string> names) => ChatTemplateFiles.Among(names);

    /// <summary>Reads a template of your own.</summary>
    /// <param name="text">A template in Jinja.</param>
    /// <param name="specialTokens">The texts of special tokens by the names that the template calls them by, such as
    /// <c>bos_token</c>; null for none.</param>
    /// <exception cref="DiagnosticException"><see cref="ChatDiagnostics"/>: it is malformed, or has something that is
    /// not supported.</exception>
    public static ChatTemplate Parse(string text, IReadOnlyDictionary<string, string>? specialTokens = null)
    {
        var template = new NamedTemplate(new ChatTemplateText(text, "chat template", IsFile: true));
        return new ChatTemplate(
            new Dictionary<string, NamedTemplate>
            {
                [ChatTemplateFiles.Default] = template
            }, specialTokens ?? new Dictionary<string, string>());
    }

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">The messages. Images and other content that is neither text, reasoning nor calls of
    /// functions is not supported.</param>
    /// <param name="options">What else the template gets; null for the defaults.</param>
    /// <exception cref="DiagnosticException"><see cref="ChatDiagnostics"/>: the template fails, refuses the
    /// conversation, or does not come to an end.</exception>
    /// <exception cref="NotSupportedException">A message has content that templates here do not get.</exception>
    [OverloadResolutionPriority(1)]
    public string Render(IEnumerable<ChatMessage> messages, ChatTemplateOptions? options = null)
        => Render(ChatMessageJson.Of(messages), options);

    /// <summary>The text of a conversation, for messages with whatever members the template knows.</summary>
    /// <param name="messages">Messages as JSON, with <c>role</c>, <c>content</c> and others.</param>
    /// <param name="options">What else the template gets; null for the defaults.</param>
    /// <exception cref="DiagnosticException"><see cref="ChatDiagnostics"/>: the template fails, refuses the
    /// conversation, or does not come to an end.</exception>
    public string Render(JsonArray messages, ChatTemplateOptions? options = null)
    {
        options ??= new ChatTemplateOptions();
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal)
        {
            ["messages"] = JsonValues.Of(messages),
            ["tools"] = JsonValues.Of(options.Tools),
            ["documents"] = JsonValues.Of(options.Documents),
            ["add_generation_prompt"] = BooleanValue.Of(options.AddGenerationPrompt),
        };
        foreach ((string name, string token) in this.specialTokens)
        {
            variables[name] = new StringValue(token);
        }

        foreach ((string name, JsonNode? value) in options.Variables)
        {
            variables[name] = JsonValues.Of(value);
        }

        bool hasTools = options.Tools is not null && this.templates.ContainsKey(ForTools);
        return this.templates[hasTools ? ForTools : ChatTemplateFiles.Default].Render(variables, options.Time);
    }
}
