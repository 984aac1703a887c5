namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>How a byte-pair model treats the characters of a word, under the names of tokenizer.json.</summary>
/// <param name="UnknownToken">Stands for characters without a token; without it they are dropped.</param>
/// <param name="FuseUnknown">Whether neighbouring unknown characters become one token.</param>
/// <param name="ByteFallback">Whether unknown characters become tokens of their UTF-8 bytes,
/// <c>&lt;0xE2&gt;</c>.</param>
/// <param name="IgnoreMerges">Whether a word that is itself a token is taken as it is.</param>
/// <param name="ContinuingPrefix">What marks every character of a word but the first.</param>
/// <param name="EndSuffix">What marks the last character of a word.</param>
internal sealed record BytePairOptions(
    string? UnknownToken,
    bool FuseUnknown,
    bool ByteFallback,
    bool IgnoreMerges,
    string ContinuingPrefix,
    string EndSuffix);
