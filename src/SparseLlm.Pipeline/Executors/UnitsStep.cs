using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Executors;

/// <summary>How far units are that others work on.</summary>
/// <param name="Units">All of them.</param>
internal sealed record UnitsStep(IReadOnlyList<UnitProgress> Units) : BuildProgress;
