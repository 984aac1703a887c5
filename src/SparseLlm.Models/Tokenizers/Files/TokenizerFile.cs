using System.Text.Json;
using SparseLlm.Models.Tokenizers.AddedTokens;
using SparseLlm.Models.Tokenizers.Bpe;
using SparseLlm.Models.Tokenizers.Decoders;
using SparseLlm.Models.Tokenizers.Normalizers;
using SparseLlm.Models.Tokenizers.Patterns;
using SparseLlm.Models.Tokenizers.PostProcessors;
using SparseLlm.Models.Tokenizers.PreTokenizers;

namespace SparseLlm.Models.Tokenizers.Files;

/// <summary>Reads tokenizer.json.</summary>
internal static class TokenizerFile
{
    // Tokenizers in use have some dozens of parts, and patterns of a thousand characters. Compiling takes time for
    // each.
    private const int SizeLimit = 1000;
    private const int PatternUnit = 16;

    /// <summary>The tokenizer of a file.</summary>
    public static TokenizerParts Read(string path)
    {
        using JsonDocument document = TokenizerBytes.Read(path).Json();
        var root = new TokenizerNode(new TokenizerPlace(path, ""), document.RootElement);
        if (root.OptionalText("version") is string version && version != "1.0")
        {
            throw root.Unsupported(
                $"is of version '{TokenizerPlace.Excerpt(version)}', which is not supported; supported is '1.0'.");
        }

        BytePairModel model = BytePairReader.Read(root.Required("model"));
        INormalizer? normalizer = TryGet(root, "normalizer", out TokenizerNode part)
            ? NormalizerReader.Read(part)
            : null;
        IReadOnlyList<AddedToken> added = root.TryGet("added_tokens", out part) ? AddedTokenReader.Read(part) : [];
        return new TokenizerParts(
            new AddedVocabulary(added, normalizer, model.Vocabulary),
            TryGet(root, "pre_tokenizer", out part) ? PreTokenizerReader.Read(part) : null,
            model,
            TryGet(root, "post_processor", out part) ? TemplateReader.Read(part) : Template.TextOnly,
            TryGet(root, "decoder", out part) ? DecoderReader.Read(part) : null);
    }

    /// <summary>Finds a component, perhaps a sequence of others.</summary>
    private static bool TryGet(TokenizerNode root, string name, out TokenizerNode component)
    {
        bool found = root.TryGet(name, out component);
        return !found || Size(component.Element) <= SizeLimit
            ? found
            : throw component.Unsupported("has too many parts, or too long patterns, to be supported.");
    }

    /// <summary>The number of objects, and of stretches of patterns.</summary>
    private static int Size(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => 1 + element.EnumerateObject().Sum(Size),
        JsonValueKind.Array => element.EnumerateArray().Sum(Size),
        _ => 0,
    };

    private static int Size(JsonProperty member)
        => member is { Name: PatternReader.RegexName, Value.ValueKind: JsonValueKind.String }
        ? Math.Min(member.Value.GetString()!.Length, PatternReader.LengthLimit) / PatternUnit
        : Size(member.Value);
}
