using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>Replaces every match of a pattern.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    /// <inheritdoc/>
    public string Description => $"{pattern} becomes '{content}'";

    /// <inheritdoc/>
    public string Normalize(string text, Allowance allowance) => pattern.Replace(text, content, allowance);
}
