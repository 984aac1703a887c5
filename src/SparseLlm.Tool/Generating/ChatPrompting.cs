using System.Text.Json.Nodes;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Runtime.Chat;

namespace SparseLlm.Tool.Generating;

/// <summary>A model that answers: what is said becomes a prompt by its chat template, which brings all special tokens
/// along.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="template">The model's chat template.</param>
/// <param name="system">What the model is told before the conversation; null for nothing.</param>
internal sealed class ChatPrompting(Tokenizer tokenizer, ChatTemplate template, string? system) : IPrompting
{
    private readonly List<(string Role, string Content)> messages = [];

    /// <inheritdoc/>
    public int[] Prompt(string text)
    {
        IEnumerable<(string Role, string Content)> first = system is null ? [] : [("system", system)];
        JsonNode[] all = [.. first.Concat(messages).Append(("user", text))
            .Select(message => new JsonObject { ["role"] = message.Item1, ["content"] = message.Item2 })];
        return tokenizer.Encode(template.Render(new JsonArray(all)), addSpecialTokens: false);
    }

    /// <inheritdoc/>
    public void Add(string text, string answer)
    {
        messages.Add(("user", text));
        messages.Add(("assistant", answer));
    }

    /// <inheritdoc/>
    public void Clear() => messages.Clear();
}
