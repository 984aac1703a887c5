using System.Text;

namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>One of the four Unicode normalization forms.</summary>
internal sealed class UnicodeNormalizer(NormalizationForm form) : INormalizer
{
    /// <inheritdoc/>
    public string Description => form switch
    {
        NormalizationForm.FormC => "NFC",
        NormalizationForm.FormD => "NFD",
        NormalizationForm.FormKC => "NFKC",
        _ => "NFKD",
    };

    /// <inheritdoc/>
    public string Normalize(string text, Allowance allowance)
        => Ascii.IsValid(text) ? text : UnicodeNormalization.Normalize(text, form);
}
