using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>What an attention block is made of.</summary>
/// <param name="Definition">Names and shapes.</param>
/// <param name="Query">The query projection.</param>
/// <param name="Key">The key projection.</param>
/// <param name="Value">The value projection.</param>
/// <param name="Output">The output projection.</param>
/// <param name="QueryNorm">The norm of the queries, if there is one.</param>
/// <param name="KeyNorm">The norm of the keys, if there is one.</param>
/// <param name="Sinks">A logit per head that takes part in the softmax alone, [1 x heads], or null.</param>
public sealed record AttentionParts(
    AttentionDefinition Definition, Linear Query, Linear Key, Linear Value, Linear Output, Norm? QueryNorm,
    Norm? KeyNorm, Matrix<float>? Sinks);
