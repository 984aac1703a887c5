using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Reads the <c>pattern</c> of a component: <c>{"String": "..."}</c> or <c>{"Regex": "..."}</c>.</summary>
internal static class PatternReader
{
    // GPT-2 (Radford et al., 2019) writes contractions in lower case only.
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The pattern of the ByteLevel pre-tokenizer.</summary>
    public static TextPattern ByteLevel { get; } = new RegexPattern(Compile(Gpt2));

    /// <summary>The pattern.</summary>
    public static TextPattern Read(TokenizerNode node)
    {
        if (node.OptionalText("String") is string literal)
        {
            return literal.Length > 0 ? new LiteralPattern(literal) : throw node.Malformed("must not be empty");
        }

        string expression = node.Required("Regex").Text();
        try
        {
            return new RegexPattern(Compile(OnigurumaTranslator.Translate(expression)));
        }
        catch (Exception error) when (error is NotSupportedException or RegexParseException)
        {
            throw TokenizerDiagnostics.UnsupportedPattern.Error(
                new SourceLocation(node.File),
                $"the regular expression of '{node.Path}' cannot be reproduced: {error.Message} It is: {expression}",
                error);
        }
    }

    private static Regex Compile(string expression) =>
        new(expression, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Compiled);
}
