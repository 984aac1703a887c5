using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Models.Tokenizers.AddedTokens;
using SparseLlm.Models.Tokenizers.Bpe;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>A model's tokenizer and chat template as GGUF's <c>tokenizer.*</c> pairs.</summary>
internal static partial class GgufVocabulary
{
    private const string Name = "general.name";

    private static readonly string[] Phi3Tokens = ["<s>", "</s>", "<unk>", "<|endoftext|>"];

    /// <summary>Adds the pairs.</summary>
    /// <param name="metadata">Receives them. llama.cpp goes by the model's name as well, so it is in there
    /// before.</param>
    /// <param name="directory">A Hugging Face model directory.</param>
    /// <param name="size">Rows of the token table: ids without a token get a filler.</param>
    /// <returns>Which texts llama.cpp encodes otherwise.</returns>
    /// <exception cref="DiagnosticException">There is no tokenizer, or llama.cpp has none that cuts text as it
    /// does.</exception>
    public static IReadOnlyList<Diagnostic> Write(GgufMetadata metadata, string directory, int size)
    {
        if (Tokenizer.FilesAmong(TokenizerSource.NamesIn(directory)).Count == 0)
        {
            throw TokenizerDiagnostics.Missing.Error(
                new SourceLocation(Path.Combine(directory, TokenizerSource.Fast)),
                "a GGUF file holds the model's tokenizer, and the model has none that can be read; put its "
                + "tokenizer.json beside the weights, as save_pretrained of transformers writes it");
        }

        Tokenizer tokenizer = Tokenizer.Load(directory);
        bool isFast = File.Exists(Path.Combine(directory, TokenizerSource.Fast));
        var source = new SourceLocation(
            Path.Combine(directory, isFast ? TokenizerSource.Fast : TokenizerSource.Vocabulary));
        var settings = new TokenizerSettings(directory);
        BytePairOptions options = tokenizer.Model.Options;
        if (options.ContinuingPrefix.Length + options.EndSuffix.Length > 0)
        {
            throw GgufVocabularyDiagnostics.NotExpressible.Error(
                source,
                "the characters of a word are marked ('continuing_subword_prefix' or 'end_of_word_suffix'), which "
                + "llama.cpp does not do; " +
                "keep the safetensors directory, and run it where tokenizer.json is read.");
        }

        List<string> differences = tokenizer.PreTokenizer?.WritesBytes == true
            ? ByteLevelVocabulary.Write(metadata, tokenizer, source, size, settings.CleansSpaces)
            : SentencePieceVocabulary.Write(metadata, tokenizer, source, size);
        differences.AddRange(SpecialTokens.Write(metadata, tokenizer, settings, size));
        AvoidPhi3(tokenizer, metadata);
        differences.AddRange(AddedTokenDifferences(tokenizer, metadata));
        ChatTemplates.Write(metadata, directory, settings);
        return [.. differences.Select(difference => GgufVocabularyDiagnostics.Differs.At(source, difference))];
    }

    /// <summary>llama.cpp does not load a model that is called Phi-3 and lacks its tokens, so such a one is called
    /// otherwise.</summary>
    private static void AvoidPhi3(Tokenizer tokenizer, GgufMetadata metadata)
    {
        if (IsCalledPhi3(metadata) && Phi3Tokens.Any(token => tokenizer.Id(token) is null))
        {
            metadata.Set(Name, Phi3Name().Replace((string)metadata[Name]!, "$1 3"));
        }
    }

    private static bool IsCalledPhi3(GgufMetadata metadata)
        => metadata[Name] is string name && Phi3Name().IsMatch(name);

    [GeneratedRegex("(phi)-?3", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Phi3Name();

    private static IEnumerable<string> AddedTokenDifferences(Tokenizer tokenizer, GgufMetadata metadata)
    {
        bool isPhi3 = IsCalledPhi3(metadata);
        AddedToken[] stripping = [.. tokenizer.Added.Tokens.Where(token =>
            token.StripLeft || token.SingleWord || token.StripRight != (isPhi3 && TakesSpaceInPhi3(token)))];
        if (stripping.Length > 0)
        {
            yield return $"llama.cpp finds '{TokenizerPlace.Excerpt(stripping[0].Content)}'{Others(stripping.Length)} "
                + $"in a text without regard to what stands " +
                "beside it, where the tokenizer takes white space along ('lstrip', 'rstrip') or asks for whole words "
                + "('single_word').";
        }

        AddedToken[] rewritten = [.. tokenizer.Added.Tokens
            .Where(token => token.Normalized && tokenizer.Added.IsRewritten(token))];
        if (rewritten.Length > 0)
        {
            yield return $"llama.cpp finds '{TokenizerPlace.Excerpt(rewritten[0].Content)}'{Others(rewritten.Length)} "
                + $"wherever it stands, where the tokenizer " +
                "looks for it in normalised text ('normalized') and so finds it elsewhere.";
        }
    }

    /// <summary>Whether llama.cpp lets a token take the white space behind it in a model that is called
    /// Phi-3.</summary>
    private static bool TakesSpaceInPhi3(AddedToken token)
        => token.Content is not ("<unk>" or "<s>" or "<|endoftext|>");

    private static string Others(int count)
        => count == 1 ? "" : $" and {count - 1} other {(count == 2 ? "token" : "tokens")}";
}
