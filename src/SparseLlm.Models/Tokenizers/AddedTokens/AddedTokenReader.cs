namespace SparseLlm.Models.Tokenizers.AddedTokens;

/// <summary>Reads added tokens.</summary>
internal static class AddedTokenReader
{
    // A text is compared with the token wherever it begins like it.
    private const int LengthLimit = 4096;

    /// <summary>The <c>added_tokens</c> of a tokenizer.json, in the order of the file.</summary>
    public static IReadOnlyList<AddedToken> Read(TokenizerNode node) => [.. node.Items().Select(token =>
        Read(token, token.Required("id").Integer(), token.Flag("special", false), normalizedByDefault: true))];

    /// <summary>One token.</summary>
    /// <param name="token">The object that describes it.</param>
    /// <param name="id">Its id.</param>
    /// <param name="isSpecial">Whether decoding may skip it.</param>
    /// <param name="normalizedByDefault">Whether it is looked for in the normalised text where the object does not
    /// say.</param>
    public static AddedToken Read(TokenizerNode token, int id, bool isSpecial, bool normalizedByDefault) => new(
        id,
        Content(token.Required("content")),
        token.Flag("single_word", false),
        token.Flag("lstrip", false),
        token.Flag("rstrip", false),
        token.Flag("normalized", normalizedByDefault),
        isSpecial);

    /// <summary>The text of a token.</summary>
    public static string Content(TokenizerNode node) =>
        node.Text() is { Length: <= LengthLimit } content ? content : throw node.Unsupported(LengthLimit);
}
