namespace SparseLlm.Runtime.Decoding;

/// <summary>Consecutive tokens of one sequence that go through the model in one step.</summary>
/// <param name="Sequence">The sequence, which ends before them.</param>
/// <param name="FirstRow">The row of the first among those of the step.</param>
/// <param name="Count">How many there are.</param>
/// <param name="RotaryLength">The length that the sequence will have when all is added that is being added, which
/// decides about LongRoPE's frequencies.</param>
internal readonly record struct TokenSpan(TokenSequence Sequence, int FirstRow, int Count, int RotaryLength);
