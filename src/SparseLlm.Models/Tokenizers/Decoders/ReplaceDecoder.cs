using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>Replaces every match of a pattern within a token.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : IDecoder
{
    /// <inheritdoc/>
    public IEnumerable<string> Decode(IEnumerable<string> tokens, Allowance allowance) =>
        tokens.Select(token => pattern.Replace(token, content, allowance));
}
