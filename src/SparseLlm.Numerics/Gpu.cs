namespace SparseLlm.Numerics;

/// <summary>A GPU that computes, and what it computes with: facts about a machine, for people.</summary>
/// <param name="Name">Its model.</param>
/// <param name="Driver">The version of its driver; null where that is not told.</param>
/// <param name="Cuda">The version of CUDA that the backend's libraries bring; null where that is not told.</param>
public sealed record Gpu(string Name, string? Driver, string? Cuda);
