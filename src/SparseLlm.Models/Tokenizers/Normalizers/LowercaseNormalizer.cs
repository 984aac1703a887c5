using System.Text;

namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>Lower case, character by character, the same in every culture.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    /// <inheritdoc/>
    public string Description => "lower case";

    /// <inheritdoc/>
    public string Normalize(string text, Allowance allowance)
    {
        var lower = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            // I with a dot above is the one character whose lower case is two characters.
            lower.Append(rune.Value == 0x130 ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString());
        }

        return lower.ToString();
    }
}
