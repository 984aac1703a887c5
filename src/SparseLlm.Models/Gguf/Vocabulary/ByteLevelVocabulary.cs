using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Models.Tokenizers.Bpe;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>A tokenizer that merges the bytes of words, as GPT-2's does.</summary>
internal static class ByteLevelVocabulary
{
    private const char WrittenSpace = '\u0120';

    /// <summary>Adds the pairs.</summary>
    /// <returns>Which texts llama.cpp encodes otherwise.</returns>
    public static List<string> Write(
        GgufMetadata metadata,
        Tokenizer tokenizer,
        SourceLocation source,
        int size,
        bool cleansSpaces)
    {
        var differences = new List<string>();
        string? normalizer = tokenizer.Added.Normalizer?.Description;
        if (normalizer is "NFC")
        {
            differences.Add("llama.cpp does not compose characters (NFC), so a letter and an accent that follow each "
                + "other as two characters stay two.");
        }
        else if (!string.IsNullOrEmpty(normalizer))
        {
            throw GgufVocabularyDiagnostics.NotExpressible.Error(
                source,
                $"the tokenizer rewrites text ({TokenizerPlace.Excerpt(normalizer)}), which llama.cpp does not do for "
                + $"this kind of tokenizer; " +
                "keep the safetensors directory, and run it where tokenizer.json is read.");
        }

        PreTokenizerName name = PreTokenizerName.Of(tokenizer, source, cleansSpaces);
        if (name.Difference is not null)
        {
            differences.Add($"llama.cpp cuts text nearly as the tokenizer does: {name.Difference}.");
        }

        if (tokenizer.Model.Options.UnknownToken is not null && MissingByte(tokenizer) is int missing)
        {
            differences.Add($"llama.cpp drops bytes without a token, such as 0x{missing:X2}, where the tokenizer has "
                + $"an unknown token.");
        }

        metadata.Set("tokenizer.ggml.model", "gpt2");
        metadata.Set("tokenizer.ggml.pre", name.Name);
        TokenList.Of(tokenizer, source, size, _ => TokenType.Normal).Write(metadata);
        BytePairVocabulary vocabulary = tokenizer.Model.Vocabulary;
        metadata.Set(
            "tokenizer.ggml.merges",
            [.. vocabulary.Merges.Select(merge => $"{Half(vocabulary, merge.Left)} {Half(vocabulary, merge.Right)}")]);
        return differences;
    }

    /// <summary>A token as half of a merge, which is written with a space between its halves.</summary>
    private static string Half(BytePairVocabulary vocabulary, int id)
        => vocabulary.Token(id)!.Replace(' ', WrittenSpace);

    private static int? MissingByte(Tokenizer tokenizer)
    {
        for (int value = 0; value < 256; value++)
        {
            if (!tokenizer.Model.Vocabulary.TryGetId([ByteAlphabet.Character((byte)value)], out _))
            {
                return value;
            }
        }

        return null;
    }
}
