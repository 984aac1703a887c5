namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>Several normalizers, one after another.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> normalizers) : INormalizer
{
    /// <inheritdoc/>
    public string Description => string.Join("; ", normalizers.Select(normalizer => normalizer.Description));

    /// <inheritdoc/>
    public string Normalize(string text, Allowance allowance) =>
        normalizers.Aggregate(text, (current, normalizer) => normalizer.Normalize(current, allowance));
}
