using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

internal static class Encodings
{
    /// <summary>The tokens of a text, without special ones.</summary>
    public static string[] Tokens(this Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text, addSpecialTokens: false).Select(id => tokenizer.Token(id)!)];
}
