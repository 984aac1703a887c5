using SparseLlm.Models.Tokenizers.AddedTokens;
using SparseLlm.Models.Tokenizers.Bpe;
using SparseLlm.Models.Tokenizers.Decoders;
using SparseLlm.Models.Tokenizers.PostProcessors;
using SparseLlm.Models.Tokenizers.PreTokenizers;

namespace SparseLlm.Models.Tokenizers.Files;

/// <summary>What a tokenizer is made of, whichever files it was read from.</summary>
/// <param name="Added">The added tokens, and what the text between them is rewritten by.</param>
/// <param name="PreTokenizer">What cuts the text into words; null if nothing does.</param>
/// <param name="Model">What encodes a word.</param>
/// <param name="Template">The special tokens around a text.</param>
/// <param name="Decoder">What makes text of tokens; null if spaces between them do.</param>
internal sealed record TokenizerParts(
    AddedVocabulary Added, IPreTokenizer? PreTokenizer, BytePairModel Model, Template Template, IDecoder? Decoder);
