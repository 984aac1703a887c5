namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>Rewrites text before it is cut into words.</summary>
internal interface INormalizer
{
    /// <summary>What it does in a few words, the same for all that do the same.</summary>
    string Description { get; }

    /// <summary>The rewritten text.</summary>
    /// <param name="text">Well-formed UTF-16, perhaps empty.</param>
    /// <param name="allowance">What may be spent on it.</param>
    string Normalize(string text, Allowance allowance);
}
