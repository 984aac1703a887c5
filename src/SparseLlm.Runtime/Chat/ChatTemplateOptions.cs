using System.Text.Json.Nodes;

namespace SparseLlm.Runtime.Chat;

/// <summary>What a chat template gets beside the messages, as <c>apply_chat_template</c> of transformers passes
/// it.</summary>
public sealed record ChatTemplateOptions
{
    /// <summary>Whether the text ends where the assistant's answer begins.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Functions that the model may call, each as JSON in OpenAI's form; null for none.</summary>
    public JsonArray? Tools { get; init; }

    /// <summary>Texts that the model may draw on, each as JSON with <c>title</c> and <c>text</c>; null for
    /// none.</summary>
    public JsonArray? Documents { get; init; }

    /// <summary>Variables of the particular template, such as <c>enable_thinking</c> of Qwen 3. They outdo all
    /// others.</summary>
    public IReadOnlyDictionary<string, JsonNode?> Variables { get; init; } = new Dictionary<string, JsonNode?>();

    /// <summary>The clock that templates take the date from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
