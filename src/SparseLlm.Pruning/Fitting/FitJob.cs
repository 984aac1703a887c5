namespace SparseLlm.Pruning.Fitting;

/// <summary>A group whose sums are complete, to be solved.</summary>
/// <param name="Group">The group.</param>
/// <param name="Importance">Per layer of the group, how much the model depends on each of its rows; null for all the
/// same.</param>
internal sealed record FitJob(FitGroup Group, IReadOnlyList<float[]?> Importance);
