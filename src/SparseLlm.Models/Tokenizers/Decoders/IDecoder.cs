namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>A step from tokens back to text.</summary>
internal interface IDecoder
{
    /// <summary>The tokens after this step; their concatenation after the last step is the text.</summary>
    /// <param name="tokens">The tokens before this step.</param>
    /// <param name="allowance">What may be spent on all of them.</param>
    IEnumerable<string> Decode(IEnumerable<string> tokens, Allowance allowance);
}
