using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Runtime.Generation;

/// <summary>The tokens with which a model ends its text.</summary>
/// <param name="Ids">Their ids.</param>
internal sealed record EndTokens(IReadOnlySet<int> Ids)
{
    /// <summary>As transformers finds them: in generation_config.json, else in config.json; else the tokenizer's
    /// own.</summary>
    /// <exception cref="DiagnosticException">A file cannot be read or is malformed.</exception>
    public static EndTokens Read(string directory, Tokenizer tokenizer)
    {
        if (GenerationConfig.TryRead(directory)?.EndTokens() is { } ids)
        {
            return new EndTokens(ids.ToHashSet());
        }

        string path = Path.Combine(directory, TokenizerSource.Configuration);
        return new EndTokens(File.Exists(path)
            && TokenizerNode.Read(path).TryGet("eos_token_id", out TokenizerNode configured)
            ? Numbers(configured.Element)
            : OfTokenizer(directory, tokenizer));
    }

    private static HashSet<int> OfTokenizer(string directory, Tokenizer tokenizer)
    {
        string path = Path.Combine(directory, TokenizerSource.Settings);
        if (!File.Exists(path) || !TokenizerNode.Read(path).TryGet("eos_token", out TokenizerNode token))
        {
            return [];
        }

        string? content = token.Element.ValueKind == JsonValueKind.String
            ? token.Element.GetString()
            : token.OptionalText("content");
        return content is not null && tokenizer.Id(content) is int id ? [id] : [];
    }

    /// <summary>One, or a list of several.</summary>
    private static HashSet<int> Numbers(JsonElement ids) =>
        [.. (ids.ValueKind == JsonValueKind.Array ? ids.EnumerateArray() : Enumerable.Repeat(ids, 1))
            .Where(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _))
            .Select(id => id.GetInt32())];
}
