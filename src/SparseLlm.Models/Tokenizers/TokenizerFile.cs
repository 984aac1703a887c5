using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers.AddedTokens;
using SparseLlm.Models.Tokenizers.Bpe;
using SparseLlm.Models.Tokenizers.Decoders;
using SparseLlm.Models.Tokenizers.Normalizers;
using SparseLlm.Models.Tokenizers.PostProcessors;
using SparseLlm.Models.Tokenizers.PreTokenizers;

namespace SparseLlm.Models.Tokenizers;

/// <summary>Reads tokenizer.json.</summary>
internal static class TokenizerFile
{
    /// <summary>What the file is called in a model's directory.</summary>
    public const string Name = "tokenizer.json";

    /// <summary>The tokenizer of a file.</summary>
    public static Tokenizer Read(string path)
    {
        if (!File.Exists(path))
        {
            throw TokenizerDiagnostics.Missing.Error(
                new SourceLocation(path),
                "the model has no tokenizer.json; save its fast tokenizer beside the weights, or download it again.");
        }

        using JsonDocument document = Parse(path);
        var root = new TokenizerNode(path, "", document.RootElement);
        if (root.OptionalText("version") is string version && version != "1.0")
        {
            throw root.Unsupported($"is of version '{version}', which is not supported; supported is '1.0'.");
        }

        BytePairModel model = BytePairReader.Read(root.Required("model"));
        INormalizer? normalizer = root.TryGet("normalizer", out TokenizerNode part) ? NormalizerReader.Read(part) : null;
        IReadOnlyList<AddedToken> added = root.TryGet("added_tokens", out part) ? AddedTokenReader.Read(part) : [];
        return new Tokenizer(
            new AddedVocabulary(added, normalizer, model.Vocabulary),
            root.TryGet("pre_tokenizer", out part) ? PreTokenizerReader.Read(part) : null,
            model,
            root.TryGet("post_processor", out part) ? TemplateReader.Read(part) : Template.TextOnly,
            root.TryGet("decoder", out part) ? DecoderReader.Read(part) : null);
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonDocument.Parse(stream);
        }
        catch (JsonException error)
        {
            (long line, long column) = (error.LineNumber ?? 0, error.BytePositionInLine ?? 0);
            throw TokenizerDiagnostics.Malformed.Error(
                new SourceLocation(path, (int)line + 1, (int)column + 1),
                "the tokenizer is not valid JSON; download it again.",
                error);
        }
    }
}
