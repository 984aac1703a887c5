namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Reads the settings of Metaspace, which is a pre-tokenizer and a decoder.</summary>
internal static class MetaspaceReader
{
    /// <summary>The character that stands for a space.</summary>
    public static string Replacement(TokenizerNode node)
    {
        TokenizerNode replacement = node.Required("replacement");
        return replacement.Text().EnumerateRunes().Count() == 1
            ? replacement.Text()
            : throw replacement.Malformed("must be one character");
    }

    /// <summary>Which pieces count as beginning with a space.</summary>
    public static PrependScheme Scheme(TokenizerNode node)
    {
        PrependScheme scheme = node.OptionalText("prepend_scheme") switch
        {
            "always" or null => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw node.Malformed("has a 'prepend_scheme' other than 'always', 'first' and 'never'"),
        };
        return scheme == PrependScheme.Never || node.Flag("add_prefix_space", true)
            ? scheme
            : throw node.Malformed("has an 'add_prefix_space' that contradicts its 'prepend_scheme'");
    }
}
