namespace SparseLlm.Models.Checkpoints;

/// <summary>What a file says, as it stands in a message: no longer than a line, however much it says.</summary>
internal static class Excerpt
{
    private const int Limit = 80;

    /// <summary>The text, or its beginning.</summary>
    public static string Of(string text)
        => (text.Length <= Limit ? text : text[..Limit] + "...").ReplaceLineEndings(" ");
}
