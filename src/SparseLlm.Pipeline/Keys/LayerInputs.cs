namespace SparseLlm.Pipeline.Keys;

/// <summary>What decides the bits of one pruned decoder layer, beside what decides those of all.</summary>
/// <param name="Weights">Digest of the dense layer's tensors: names, element types, shapes and bytes.</param>
/// <param name="Patterns">What becomes of each matrix, by the name of its weight: a sparsity, <c>N:M</c>, or
/// <c>dense</c>.</param>
internal sealed record LayerInputs(string Weights, IReadOnlyDictionary<string, string> Patterns);
