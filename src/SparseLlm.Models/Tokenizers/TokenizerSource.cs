using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers;

/// <summary>Which of a model's files its tokenizer is read from.</summary>
internal static class TokenizerSource
{
    /// <summary>The whole tokenizer in one file. Where it is, nothing else is looked at.</summary>
    public const string Fast = "tokenizer.json";

    /// <summary>What GPT-2's tokenizer is made of where nobody has converted it: the ids of the tokens.</summary>
    public const string Vocabulary = "vocab.json";

    /// <summary>The merges that belong to <see cref="Vocabulary"/>.</summary>
    public const string Merges = "merges.txt";

    /// <summary>The settings that belong to <see cref="Vocabulary"/>, special tokens among them.</summary>
    public const string Settings = "tokenizer_config.json";

    /// <summary>Special tokens that outdo those of <see cref="Settings"/>.</summary>
    public const string SpecialTokens = "special_tokens_map.json";

    /// <summary>Tokens that were added to <see cref="Vocabulary"/>.</summary>
    public const string AddedTokens = "added_tokens.json";

    /// <summary>The model's configuration, which names the tokenizer's class where <see cref="Settings"/> does
    /// not.</summary>
    public const string Configuration = "config.json";

    private const string HowToGetIt =
        "have transformers write it, AutoTokenizer.from_pretrained(MODEL).save_pretrained(DIRECTORY), and put it "
        + "beside the weights, or give token ids as .npy";

    private static readonly string[] Unconverted
        = [Vocabulary, Merges, Settings, SpecialTokens, AddedTokens, Configuration];

    /// <summary>The names of what a directory has; none where there is no directory.</summary>
    public static IEnumerable<string> NamesIn(string directory) =>
        Directory.Exists(directory)
            ? Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path))
            : [];

    /// <summary>Those of a directory's files that the tokenizer is read from.</summary>
    public static IReadOnlyList<string> Among(IEnumerable<string> names)
    {
        string[] found = [.. names.Intersect([Fast, .. Unconverted], StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
        return found.Contains(Fast) ? [Fast] : found.Contains(Vocabulary) && found.Contains(Merges) ? found : [];
    }

    /// <summary>An error: the directory has no tokenizer that can be read.</summary>
    public static DiagnosticException Missing(string directory)
    {
        string[] names = [.. NamesIn(directory).Order(StringComparer.Ordinal)];
        string? other = names.FirstOrDefault(name => name is Vocabulary or Merges)
            ?? names.FirstOrDefault(name => name.EndsWith(".model", StringComparison.Ordinal)
                || name.EndsWith(".tiktoken", StringComparison.Ordinal));
        string problem = other switch
        {
            null => $"the model has no {Fast}",
            Vocabulary => $"the model has no {Fast}, and {Vocabulary} without {Merges} is no tokenizer",
            Merges => $"the model has no {Fast}, and {Merges} without {Vocabulary} is no tokenizer",
            _ => $"the model has no {Fast}, and {other} cannot be read",
        };
        return TokenizerDiagnostics.Missing
            .Error(new SourceLocation(Path.Combine(directory, Fast)), $"{problem}; {HowToGetIt}.");
    }

    /// <summary>An error: the vocabulary and the merges are those of another tokenizer than GPT-2's.</summary>
    public static DiagnosticException OtherClass(
        string directory,
        string problem) => TokenizerDiagnostics.Unsupported.Error(
            new SourceLocation(Path.Combine(directory, Vocabulary)), $"{problem}; for {Fast}, {HowToGetIt}.");
}
