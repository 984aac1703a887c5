using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    /// <summary>The pre-tokenizer.</summary>
    public static IPreTokenizer Read(TokenizerNode node) => node.Type switch
    {
        "Sequence" => ReadSequence(node.Required("pretokenizers")),
        "ByteLevel" => new ByteLevelPreTokenizer(
            node.Flag("add_prefix_space", true), node.Flag("use_regex", true)
                ? PatternReader.ByteLevel(node.Place)
                : null),
        "Split" => new SplitPreTokenizer(
            PatternReader.Read(node.Required("pattern")),
            ReadBehavior(node.Required("behavior")),
            node.Flag("invert", false)),
        "Digits" => new SplitPreTokenizer(
            new NumberPattern(node.Place),
            node.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous,
            isInverted: false),
        "Metaspace" => new MetaspacePreTokenizer(
            MetaspaceReader.Replacement(node), MetaspaceReader.Scheme(node), node.Flag("split", true), node.Place),
        _ => throw node.UnsupportedType("ByteLevel, Digits, Metaspace, Sequence and Split"),
    };

    private static PreTokenizerSequence ReadSequence(TokenizerNode node)
    {
        var preTokenizers = new List<IPreTokenizer>();
        foreach (TokenizerNode item in node.Items())
        {
            IPreTokenizer preTokenizer = Read(item);
            if (preTokenizer.WritesBytes && preTokenizers.Any(earlier => earlier.WritesBytes))
            {
                throw item.Unsupported("writes the bytes of the text a second time, which is not supported.");
            }

            preTokenizers.Add(preTokenizer);
        }

        return new PreTokenizerSequence(preTokenizers);
    }

    private static SplitBehavior ReadBehavior(TokenizerNode node) =>
        Enum.GetNames<SplitBehavior>().Contains(node.Text())
            ? Enum.Parse<SplitBehavior>(node.Text())
            : throw node.Malformed($"must be one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}");
}
