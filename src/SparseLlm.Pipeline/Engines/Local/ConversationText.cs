using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning;
using SparseLlm.Runtime.Chat;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>Conversations as a model's own chat template writes them, none of them waiting for an answer.</summary>
internal sealed class ConversationText
{
    private readonly ChatTemplate template;

    // A template that asks for the date would write another text every day: this is the one that Llama's falls back to.
    private readonly ChatTemplateOptions options = new()
    {
        AddGenerationPrompt = false,
        Time = new FixedDate(new DateTimeOffset(2024, 7, 26, 0, 0, 0, TimeSpan.Zero))
    };

    /// <summary>Reads the template of a model.</summary>
    /// <param name="directory">Its Hugging Face directory.</param>
    /// <exception cref="DiagnosticException">It has none, or one that cannot be read.</exception>
    public ConversationText(string directory)
        => template = ChatTemplate.Read(directory) ?? throw PruningDiagnostics.NoChatTemplate.Error(
            new SourceLocation(directory),
            "the model has no chat template, and 'chat' asks for one; take the instruction-tuned model, put its "
            + "chat_template.jinja beside the weights, or read the messages as text with 'field: messages[].content'");

    /// <summary>The text of a conversation.</summary>
    /// <exception cref="DiagnosticException">The template fails, or refuses it.</exception>
    public string Render(JsonArray messages) => template.Render(messages, options);

    private sealed class FixedDate(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
