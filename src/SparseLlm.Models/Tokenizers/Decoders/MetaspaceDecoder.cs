using SparseLlm.Models.Tokenizers.PreTokenizers;

namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>Turns the character that stands for a space back into one, dropping the one put before the text.</summary>
internal sealed class MetaspaceDecoder(string replacement, PrependScheme prepends) : IDecoder
{
    /// <inheritdoc/>
    public IEnumerable<string> Decode(IEnumerable<string> tokens, Allowance allowance) => tokens.Select((token, i) =>
        token.Replace(replacement, i == 0 && prepends != PrependScheme.Never ? "" : " ", StringComparison.Ordinal));
}
