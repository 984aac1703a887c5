namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>A stretch of a text that a pattern matches, or that lies between two matches.</summary>
/// <param name="Start">The first character.</param>
/// <param name="Length">How many characters.</param>
/// <param name="IsMatch">Whether the pattern matches it.</param>
internal readonly record struct Segment(int Start, int Length, bool IsMatch)
{
    /// <summary>The character after the last one.</summary>
    public int End => Start + Length;

    /// <summary>This segment and all up to the end of <paramref name="last"/>, as one that is no match.</summary>
    public Segment Through(Segment last) => new(Start, last.End - Start, false);
}
