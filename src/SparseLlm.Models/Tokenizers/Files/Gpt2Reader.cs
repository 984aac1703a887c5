using SparseLlm.Models.Tokenizers.AddedTokens;
using SparseLlm.Models.Tokenizers.Bpe;
using SparseLlm.Models.Tokenizers.Decoders;
using SparseLlm.Models.Tokenizers.Patterns;
using SparseLlm.Models.Tokenizers.PostProcessors;
using SparseLlm.Models.Tokenizers.PreTokenizers;

namespace SparseLlm.Models.Tokenizers.Files;

/// <summary>
/// Reads GPT-2's tokenizer, which OPT has too, from vocab.json and merges.txt: the tokenizer that transformers would
/// write into tokenizer.json.
/// </summary>
internal static class Gpt2Reader
{
    /// <summary>The tokenizer of a directory that has both files.</summary>
    public static TokenizerParts Read(string directory)
    {
        var settings = new Gpt2Settings(directory);
        settings.RequireClass();
        TokenizerNode vocabulary = TokenizerNode.Read(Path.Combine(directory, TokenizerSource.Vocabulary));
        TokenTable tokens = BytePairReader.ReadVocabulary(vocabulary);
        var options = new BytePairOptions(
            UnknownToken: null, FuseUnknown: false, ByteFallback: false, IgnoreMerges: false, ContinuingPrefix: "",
            EndSuffix: "");
        var model = new BytePairModel(
            vocabulary.Place, new BytePairVocabulary(
                tokens,
                MergesFile.Read(Path.Combine(directory, TokenizerSource.Merges), tokens)), options);
        var added = new AddedVocabulary(settings.AddedTokens(), normalizer: null, model.Vocabulary);
        return new TokenizerParts(
            added,
            new ByteLevelPreTokenizer(settings.AddsPrefixSpace, PatternReader.ByteLevel(vocabulary.Place)),
            model,
            settings.Beginning is string beginning
                ? new Template([[added.Find(beginning)!.Id], null])
                : Template.TextOnly,
            new ByteLevelDecoder());
    }
}
