namespace SparseLlm.Models.Tokenizers.PostProcessors;

/// <summary>Reads the <c>post_processor</c> of a tokenizer.json.</summary>
internal static class TemplateReader
{
    // Tokenizers in use put one or two around a text.
    private const int SpecialLimit = 1024;

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

    private static Template ReadTemplate(TokenizerNode node)
    {
        TokenizerNode single = node.Required("single");
        var pieces = new List<int[]?>();
        int specials = 0;
        foreach (TokenizerNode piece in single.Items())
        {
            int[]? ids = ReadPiece(node, piece);
            if (ids is null && pieces.Contains(null))
            {
                throw piece.Unsupported("puts the text in a second time, which is not supported.");
            }

            pieces.Add(ids);
            specials += ids?.Length ?? 0;
            if (specials > SpecialLimit)
            {
                throw single.Unsupported(
                    $"puts more than {SpecialLimit} tokens around a text, which is not supported.");
            }
        }

        return new Template(pieces);
    }

    private static int[]? ReadPiece(TokenizerNode node, TokenizerNode piece)
    {
        if (piece.TryGet("Sequence", out TokenizerNode sequence))
        {
            string id = sequence.Required("id").Text();
            return id == "A"
                ? null
                : throw sequence.Malformed($"names '{TokenizerPlace.Excerpt(id)}' in the template for a single text");
        }

        string name = piece.Required("SpecialToken").Required("id").Text();
        return node.Required("special_tokens").TryGet(name, out TokenizerNode token)
            ? [.. token.Required("ids").Items().Select(id => id.Integer())]
            : throw piece.Place.Error(
                TokenizerDiagnostics.UnknownToken,
                $"needs the special token '{TokenizerPlace.Excerpt(name)}', which 'special_tokens' does not list; list "
                + $"it, or save the tokenizer anew with its save_pretrained.");
    }
}
