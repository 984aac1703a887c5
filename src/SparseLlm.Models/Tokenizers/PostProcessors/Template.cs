namespace SparseLlm.Models.Tokenizers.PostProcessors;

/// <summary>Where the tokens of a text stand among the special tokens put around them.</summary>
/// <param name="Pieces">Ids of special tokens, or null for the text.</param>
internal sealed record Template(IReadOnlyList<int[]?> Pieces)
{
    /// <summary>The text alone.</summary>
    public static Template TextOnly { get; } = new([null]);

    /// <summary>The first ids of a text, with the special tokens before it.</summary>
    public int[] Begin(List<int> text)
        => [.. Pieces.TakeWhile(special => special is not null).SelectMany(special => special!), .. text];

    /// <summary>The ids with the special tokens, or without them.</summary>
    public int[] Apply(List<int> text, bool addSpecialTokens)
    {
        var ids = new List<int>(text.Count + Pieces.Count);
        foreach (int[]? special in Pieces)
        {
            if (special is null)
            {
                ids.AddRange(text);
            }
            else if (addSpecialTokens)
            {
                ids.AddRange(special);
            }
        }

        return [.. ids];
    }
}
