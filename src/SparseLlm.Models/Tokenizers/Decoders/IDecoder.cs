namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>A step from tokens back to text.</summary>
internal interface IDecoder
{
    /// <summary>The tokens after this step; their concatenation after the last step is the text.</summary>
    IEnumerable<string> Decode(IEnumerable<string> tokens);
}
