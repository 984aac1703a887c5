using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers.PostProcessors;

/// <summary>Reads the <c>post_processor</c> of a tokenizer.json.</summary>
internal static class TemplateReader
{
    /// <summary>The template; ByteLevel, which only moves offsets, leaves the text alone.</summary>
    public static Template Read(TokenizerNode node) => node.Type switch
    {
        "TemplateProcessing" => ReadTemplate(node),
        "ByteLevel" => Template.TextOnly,
        "Sequence" => ReadSequence(node.Required("processors")),
        _ => throw node.UnsupportedType("ByteLevel, Sequence and TemplateProcessing"),
    };

    private static Template ReadSequence(TokenizerNode node)
    {
        Template[] templates = [.. node.Items().Select(Read).Where(template => template != Template.TextOnly)];
        return templates.Length <= 1
            ? templates.FirstOrDefault(Template.TextOnly)
            : throw node.Unsupported("holds more than one template, which is not supported; supported is one.");
    }

    private static Template ReadTemplate(TokenizerNode node) =>
        new([.. node.Required("single").Items().Select(piece => ReadPiece(node, piece))]);

    private static int[]? ReadPiece(TokenizerNode node, TokenizerNode piece)
    {
        if (piece.TryGet("Sequence", out TokenizerNode sequence))
        {
            string id = sequence.Required("id").Text();
            return id == "A" ? null : throw sequence.Malformed($"names '{id}' in the template for a single text");
        }

        string name = piece.Required("SpecialToken").Required("id").Text();
        return node.Required("special_tokens").TryGet(name, out TokenizerNode token)
            ? [.. token.Required("ids").Items().Select(id => id.Integer())]
            : throw TokenizerDiagnostics.UnknownToken.Error(
                new SourceLocation(node.File),
                $"'{piece.Path}' needs the special token '{name}', which 'special_tokens' does not list; " +
                "download the model's tokenizer again.");
    }
}
