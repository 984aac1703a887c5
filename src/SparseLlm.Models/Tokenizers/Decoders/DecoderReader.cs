using SparseLlm.Models.Tokenizers.Patterns;
using SparseLlm.Models.Tokenizers.PreTokenizers;

namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>Reads the <c>decoder</c> of a tokenizer.json.</summary>
internal static class DecoderReader
{
    /// <summary>The decoder.</summary>
    public static IDecoder Read(TokenizerNode node) => node.Type switch
    {
        "Sequence" => new DecoderSequence([.. node.Required("decoders").Items().Select(Read)]),
        "ByteLevel" => new ByteLevelDecoder(),
        "Replace" => new ReplaceDecoder(PatternReader.Read(node.Required("pattern")), node.Required("content").Text()),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => new StripDecoder(
            ReadCharacter(node.Required("content")), node.Required("start").Integer(), node.Required("stop").Integer()),
        "Metaspace" => new MetaspaceDecoder(MetaspaceReader.Replacement(node), MetaspaceReader.Scheme(node)),
        _ => throw node.UnsupportedType("ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence and Strip"),
    };

    private static char ReadCharacter(TokenizerNode node) =>
        node.Text() is [char character] ? character : throw node.Malformed("must be one character up to U+FFFF");
}
