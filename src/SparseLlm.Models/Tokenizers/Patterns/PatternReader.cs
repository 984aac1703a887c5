using System.Text.RegularExpressions;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Reads the <c>pattern</c> of a component: <c>{"String": "..."}</c> or <c>{"Regex": "..."}</c>.</summary>
internal static class PatternReader
{
    /// <summary>The member that holds a regular expression.</summary>
    public const string RegexName = "Regex";

    /// <summary>
    /// Patterns in use have a few hundred characters. Those that .NET's compiler chokes on have more than this, and so
    /// have strings whose search takes time for each of their characters.
    /// </summary>
    public const int LengthLimit = 4096;

    /// <summary>GPT-2's pattern (Radford et al., 2019), which writes contractions in lower case only.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    // One match, however long the text is, takes a pattern in use less than a second. Backtracking would take it
    // centuries.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly Lazy<(Regex, Alphabet)> ByteLevelPattern = new(() => Compile(Gpt2));

    /// <summary>The pattern of the ByteLevel pre-tokenizer.</summary>
    public static TextPattern ByteLevel(TokenizerPlace place)
    {
        (Regex regex, Alphabet alphabet) = ByteLevelPattern.Value;
        return new RegexPattern(Gpt2, regex, alphabet, place);
    }

    /// <summary>The pattern.</summary>
    public static TextPattern Read(TokenizerNode node)
    {
        if (node.TryGet("String", out TokenizerNode literal))
        {
            return literal.Text().Length switch
            {
                0 => throw node.Malformed("must not be empty"),
                > LengthLimit => throw literal.Unsupported(LengthLimit),
                _ => new LiteralPattern(literal.Text(), node.Place),
            };
        }

        string expression = node.Required(RegexName).Text();
        try
        {
            (Regex regex, Alphabet alphabet) = Compile(expression);
            return new RegexPattern(expression, regex, alphabet, node.Place);
        }
        catch (Exception error) when (error is NotSupportedException or RegexParseException)
        {
            throw node.Place.Error(
                TokenizerDiagnostics.UnsupportedPattern,
                $"is a regular expression that cannot be reproduced: {TokenizerPlace.Excerpt(error.Message)} It is: "
                + $"{TokenizerPlace.Excerpt(expression)}",
                error);
        }
    }

    private static (Regex Regex, Alphabet Alphabet) Compile(string pattern)
    {
        (string expression, Alphabet alphabet) = OnigurumaTranslator.Translate(pattern);
        return (new Regex(
            expression,
            RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Compiled,
            Patience), alphabet);
    }
}
