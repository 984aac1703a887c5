namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>Several decoders, one after another.</summary>
internal sealed class DecoderSequence(IReadOnlyList<IDecoder> decoders) : IDecoder
{
    /// <inheritdoc/>
    public IEnumerable<string> Decode(IEnumerable<string> tokens, Allowance allowance) =>
        decoders.Aggregate(tokens, (current, decoder) => decoder.Decode(current, allowance));
}
