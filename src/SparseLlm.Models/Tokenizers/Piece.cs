namespace SparseLlm.Models.Tokenizers;

/// <summary>A stretch of normalised text on its way to the model.</summary>
/// <param name="Text">The characters.</param>
/// <param name="IsFirst">Whether the encoded text begins with it, which Metaspace asks for.</param>
internal readonly record struct Piece(ReadOnlyMemory<char> Text, bool IsFirst)
{
    /// <summary>A part of this piece.</summary>
    public Piece Slice(int start, int length) => new(Text.Slice(start, length), IsFirst && start == 0);

    /// <summary>The same piece with other text.</summary>
    public Piece With(string text) => new(text.AsMemory(), IsFirst);
}
