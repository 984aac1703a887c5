namespace SparseLlm.Models.Tokenizers.AddedTokens;

/// <summary>Reads the <c>added_tokens</c> of a tokenizer.json.</summary>
internal static class AddedTokenReader
{
    /// <summary>The tokens, in the order of the file.</summary>
    public static IReadOnlyList<AddedToken> Read(TokenizerNode node) => [.. node.Items().Select(token => new AddedToken(
        token.Required("id").Integer(),
        token.Required("content").Text(),
        token.Flag("single_word", false),
        token.Flag("lstrip", false),
        token.Flag("rstrip", false),
        token.Flag("normalized", true),
        token.Flag("special", false)))];
}
