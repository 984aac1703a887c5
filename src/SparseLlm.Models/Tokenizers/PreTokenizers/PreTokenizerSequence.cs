namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Several pre-tokenizers, each of which cuts what the one before left.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> preTokenizers) : IPreTokenizer
{
    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece)
    {
        IEnumerable<Piece> pieces = [piece];
        foreach (IPreTokenizer preTokenizer in preTokenizers)
        {
            pieces = pieces.Where(part => !part.Text.IsEmpty).SelectMany(preTokenizer.Split);
        }

        return pieces;
    }
}
