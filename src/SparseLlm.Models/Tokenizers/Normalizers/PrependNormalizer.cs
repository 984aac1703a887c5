namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>Puts a string before text that is not empty.</summary>
/// <param name="prefix">The string.</param>
/// <param name="place">Where it was read.</param>
internal sealed class PrependNormalizer(string prefix, TokenizerPlace place) : INormalizer
{
    /// <inheritdoc/>
    public string Description => $"'{prefix}' goes first";

    /// <inheritdoc/>
    public string Normalize(string text, Allowance allowance)
    {
        if (text.Length == 0)
        {
            return text;
        }

        allowance.Grow(prefix.Length, place);
        return prefix + text;
    }
}
