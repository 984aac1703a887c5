using System.Text;

namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>Turns the characters of <see cref="ByteAlphabet"/> into the bytes they stand for, and these into
/// text.</summary>
internal sealed class ByteLevelDecoder : IDecoder
{
    /// <inheritdoc/>
    public IEnumerable<string> Decode(IEnumerable<string> tokens, Allowance allowance) =>
        [Encoding.UTF8.GetString([.. tokens.SelectMany(ByteAlphabet.Decode)])];
}
