using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>A tokenizer that merges characters, spaces among them, as SentencePiece's BPE does.</summary>
internal static class SentencePieceVocabulary
{
    private const string Rewrite = "' ' becomes '\u2581'";
    private const string Prefix = "'\u2581' goes first";
    private const string Metaspace = "Metaspace '\u2581', ";

    /// <summary>Adds the pairs.</summary>
    /// <returns>Which texts llama.cpp encodes otherwise.</returns>
    public static List<string> Write(GgufMetadata metadata, Tokenizer tokenizer, SourceLocation source, int size)
    {
        RequireBytes(tokenizer, source);
        if (tokenizer.Model.Options.IgnoreMerges && !PreTokenizerName.EveryTokenIsMerged(tokenizer.Model))
        {
            throw Refuse(
                source,
                "'model.ignore_merges' is true, and llama.cpp merges every word of a tokenizer of this kind");
        }

        var differences = new List<string>();
        bool addsPrefix = AddsPrefix(tokenizer, source, differences);
        string? unknown = tokenizer.Model.Options.UnknownToken;
        TokenList list = TokenList.Of(
            tokenizer,
            source,
            size,
            token => IsByte(token) ? TokenType.Byte : TokenType.Normal);
        if (unknown is not null && tokenizer.Id(unknown) is int id)
        {
            list.Types[id] = TokenType.Unknown;
        }

        metadata.Set("tokenizer.ggml.model", "llama");
        metadata.Set("tokenizer.ggml.pre", "default");
        float[] scores = SentencePieceScores.Of(tokenizer, source, size);
        list.Write(metadata);
        metadata.Set("tokenizer.ggml.scores", scores);
        metadata.Set("tokenizer.ggml.add_space_prefix", addsPrefix);
        return differences;
    }

    /// <summary>Whether a text gets a space before it.</summary>
    private static bool AddsPrefix(Tokenizer tokenizer, SourceLocation source, List<string> differences)
    {
        string normalizer = tokenizer.Added.Normalizer?.Description ?? "";
        string cut = tokenizer.PreTokenizer?.Description ?? "";
        // Where there are no spaces left, nothing is cut at them.
        if (cut.EndsWith(" ' '", StringComparison.Ordinal) && !cut.Contains(';')
            && normalizer.EndsWith(Rewrite, StringComparison.Ordinal))
        {
            cut = "";
        }

        bool isCut = cut.EndsWith(", cut", StringComparison.Ordinal);
        if (isCut)
        {
            RequireWordsApart(tokenizer, source);
            cut = cut[..^5];
        }

        switch (normalizer, cut)
        {
            case ($"{Prefix}; {Rewrite}", "" or $"{Metaspace}always" or $"{Metaspace}first" or $"{Metaspace}never"):
                return true;
            case (Rewrite, "" or $"{Metaspace}never"):
            case ("", $"{Metaspace}never"):
                return false;
            case ("", $"{Metaspace}always"):
                differences.Add("llama.cpp puts a space before every text, where the tokenizer does so only before one "
                    + "that does not begin with a space.");
                return true;
            case ("", $"{Metaspace}first"):
                differences.Add(
                    "llama.cpp puts a space before every text and behind every special token, where the tokenizer does "
                    + "so only at the beginning of a text that " +
                    "does not begin with a space.");
                return true;
            default:
                string rules = string.Join("; ", new[] { normalizer, cut }.Where(rule => rule.Length > 0));
                throw rules.Length == 0
                    ? Refuse(source, "the tokenizer leaves spaces as they are, and llama.cpp writes them as '\u2581' "
                        + "in a tokenizer of this kind")
                    : Refuse(source, $"the tokenizer treats text in a way that llama.cpp does not know for this kind "
                        + $"of tokenizer: {TokenizerPlace.Excerpt(rules)}");
        }
    }

    /// <summary>Refuses tokens that hold a space behind their first character, where text is cut before each
    /// space.</summary>
    private static void RequireWordsApart(Tokenizer tokenizer, SourceLocation source)
    {
        foreach ((_, _, Tokenizers.Bpe.Merge merge) in tokenizer.Model.Vocabulary.Merges)
        {
            string token = tokenizer.Model.Vocabulary.Token(merge.Id)!;
            if (token.LastIndexOf(TokenList.Space) > 0)
            {
                throw Refuse(source, $"the tokenizer cuts text before each space, and llama.cpp would join words to "
                    + $"'{TokenizerPlace.Excerpt(token)}'");
            }
        }
    }

    private static void RequireBytes(Tokenizer tokenizer, SourceLocation source)
    {
        if (!tokenizer.Model.Options.ByteFallback)
        {
            throw Refuse(source, "'model.byte_fallback' is not true, and llama.cpp writes what has no token as bytes");
        }

        for (int value = 0; value < 256; value++)
        {
            string name = FormattableString.Invariant($"<0x{value:X2}>");
            if (tokenizer.Id(name) is null)
            {
                throw Refuse(
                    source,
                    $"the vocabulary has no '{name}', and llama.cpp writes what has no token as bytes");
            }
        }
    }

    private static bool IsByte(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>' &&
        byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);

    private static DiagnosticException Refuse(
        SourceLocation source,
        string problem) => GgufVocabularyDiagnostics.NotExpressible.Error(
            source, $"{problem}; keep the safetensors directory, and run it where tokenizer.json is read.");
}
