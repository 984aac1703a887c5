using System.Text;
using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    /// <summary>The normalizer.</summary>
    public static INormalizer Read(TokenizerNode node) => node.Type switch
    {
        "Sequence" => new NormalizerSequence([.. node.Required("normalizers").Items().Select(Read)]),
        "Prepend" => new PrependNormalizer(node.Required("prepend").Text(), node.Place),
        "Replace" => new ReplaceNormalizer(
            PatternReader.Read(node.Required("pattern")), node.Required("content").Text()),
        "NFC" => new UnicodeNormalizer(NormalizationForm.FormC),
        "NFD" => new UnicodeNormalizer(NormalizationForm.FormD),
        "NFKC" => new UnicodeNormalizer(NormalizationForm.FormKC),
        "NFKD" => new UnicodeNormalizer(NormalizationForm.FormKD),
        "Lowercase" => new LowercaseNormalizer(),
        "Strip" => new StripNormalizer(node.Flag("strip_left", true), node.Flag("strip_right", true)),
        _ => throw node.UnsupportedType("Lowercase, NFC, NFD, NFKC, NFKD, Prepend, Replace, Sequence and Strip"),
    };
}
