namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Cuts normalised text into words, which the model encodes one by one.</summary>
internal interface IPreTokenizer
{
    /// <summary>Whether it writes bytes as characters, which makes the text longer.</summary>
    bool WritesBytes => false;

    /// <summary>What it does in a few words, the same for all that do the same.</summary>
    string Description { get; }

    /// <summary>The words, in order. Empty ones are allowed; they encode to nothing.</summary>
    /// <param name="piece">The text.</param>
    /// <param name="allowance">What may be spent on it and on the pieces beside it.</param>
    IEnumerable<Piece> Split(Piece piece, Allowance allowance);
}
