namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>Removes white space at the ends of the text.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    /// <inheritdoc/>
    public string Description => "white space is stripped";

    /// <inheritdoc/>
    public string Normalize(string text, Allowance allowance)
    {
        string trimmed = left ? text.TrimStart() : text;
        return right ? trimmed.TrimEnd() : trimmed;
    }
}
