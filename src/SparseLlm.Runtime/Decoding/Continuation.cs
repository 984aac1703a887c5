namespace SparseLlm.Runtime.Decoding;

/// <summary>Tokens that are added to a sequence.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Tokens">At least one token id.</param>
public sealed record Continuation(TokenSequence Sequence, IReadOnlyList<int> Tokens);
