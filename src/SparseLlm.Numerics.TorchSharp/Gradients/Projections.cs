namespace SparseLlm.Numerics.TorchSharp.Gradients;

/// <summary>Queries, keys and values, or their gradients.</summary>
internal readonly record struct Projections(Tensor Query, Tensor Key, Tensor Value);
