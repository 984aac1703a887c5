namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Several pre-tokenizers, each of which cuts what the one before left.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> preTokenizers) : IPreTokenizer
{
    /// <inheritdoc/>
    public bool WritesBytes => preTokenizers.Any(preTokenizer => preTokenizer.WritesBytes);

    /// <inheritdoc/>
    public string Description => string.Join("; ", preTokenizers.Select(preTokenizer => preTokenizer.Description));

    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece, Allowance allowance)
    {
        IEnumerable<Piece> pieces = [piece];
        foreach (IPreTokenizer preTokenizer in preTokenizers)
        {
            pieces = pieces.Where(part => !part.Text.IsEmpty).SelectMany(part => preTokenizer.Split(part, allowance));
        }

        return pieces;
    }
}
