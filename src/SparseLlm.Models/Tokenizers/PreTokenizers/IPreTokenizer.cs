namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Cuts normalised text into words, which the model encodes one by one.</summary>
internal interface IPreTokenizer
{
    /// <summary>The words, in order. Empty ones are allowed; they encode to nothing.</summary>
    IEnumerable<Piece> Split(Piece piece);
}
