namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>Joins all tokens into one.</summary>
internal sealed class FuseDecoder : IDecoder
{
    /// <inheritdoc/>
    public IEnumerable<string> Decode(IEnumerable<string> tokens, Allowance allowance) => [string.Concat(tokens)];
}
