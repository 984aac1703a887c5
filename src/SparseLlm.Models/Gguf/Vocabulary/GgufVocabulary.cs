using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Models.Tokenizers.AddedTokens;
using SparseLlm.Models.Tokenizers.Bpe;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>A model's tokenizer and chat template as GGUF's <c>tokenizer.*</c> pairs.</summary>
internal static class GgufVocabulary
{
    /// <summary>Adds the pairs.</summary>
    /// <param name="metadata">Receives them. llama.cpp goes by the model's name as well, so it is in there before.</param>
    /// <param name="directory">A Hugging Face model directory.</param>
    /// <param name="size">Rows of the token table: ids without a token get a filler.</param>
    /// <returns>Which texts llama.cpp encodes otherwise.</returns>
    /// <exception cref="DiagnosticException">There is no tokenizer, or llama.cpp has none that cuts text as it does.</exception>
    public static IReadOnlyList<Diagnostic> Write(GgufMetadata metadata, string directory, int size)
    {
        Tokenizer tokenizer = Tokenizer.Load(directory);
        bool isFast = File.Exists(Path.Combine(directory, TokenizerSource.Fast));
        var source = new SourceLocation(Path.Combine(directory, isFast ? TokenizerSource.Fast : TokenizerSource.Vocabulary));
        var settings = new TokenizerSettings(directory);
        BytePairOptions options = tokenizer.Model.Options;
        if (options.ContinuingPrefix.Length + options.EndSuffix.Length > 0)
        {
            throw GgufVocabularyDiagnostics.NotExpressible.Error(
                source,
                "the characters of a word are marked ('continuing_subword_prefix' or 'end_of_word_suffix'), which llama.cpp does not do; " +
                "keep the safetensors directory, and run it where tokenizer.json is read.");
        }

        List<string> differences = tokenizer.PreTokenizer?.WritesBytes == true
            ? ByteLevelVocabulary.Write(metadata, tokenizer, source, size, settings.CleansSpaces)
            : SentencePieceVocabulary.Write(metadata, tokenizer, source, size);
        differences.AddRange(SpecialTokens.Write(metadata, tokenizer, settings, size));
        differences.AddRange(AddedTokenDifferences(tokenizer, metadata));
        ChatTemplates.Write(metadata, directory, settings);
        return [.. differences.Select(difference => GgufVocabularyDiagnostics.Differs.At(source, difference))];
    }

    private static IEnumerable<string> AddedTokenDifferences(Tokenizer tokenizer, GgufMetadata metadata)
    {
        bool isPhi3 = metadata["general.name"] is string name &&
            (name.Contains("phi-3", StringComparison.OrdinalIgnoreCase) || name.Contains("phi3", StringComparison.OrdinalIgnoreCase));
        AddedToken[] stripping = [.. tokenizer.Added.Tokens.Where(token =>
            token.StripLeft || token.SingleWord || token.StripRight != (isPhi3 && TakesSpaceInPhi3(token)))];
        if (stripping.Length > 0)
        {
            yield return $"llama.cpp finds '{TokenizerPlace.Excerpt(stripping[0].Content)}'{Others(stripping.Length)} in a text without regard to what stands " +
                "beside it, where the tokenizer takes white space along ('lstrip', 'rstrip') or asks for whole words ('single_word').";
        }

        AddedToken[] rewritten = [.. tokenizer.Added.Tokens.Where(token => token.Normalized && tokenizer.Added.IsRewritten(token))];
        if (rewritten.Length > 0)
        {
            yield return $"llama.cpp finds '{TokenizerPlace.Excerpt(rewritten[0].Content)}'{Others(rewritten.Length)} wherever it stands, where the tokenizer " +
                "looks for it in normalised text ('normalized') and so finds it elsewhere.";
        }
    }

    /// <summary>Whether llama.cpp lets a token take the white space behind it in a model that is called Phi-3.</summary>
    private static bool TakesSpaceInPhi3(AddedToken token) => token.Content is not ("<unk>" or "<s>" or "<|endoftext|>");

    private static string Others(int count) => count == 1 ? "" : $" and {count - 1} other {(count == 2 ? "token" : "tokens")}";
}
