namespace SparseLlm.Pipeline.Locking;

/// <summary>A difference between what decided an artifact's bits then, and what decides them now.</summary>
/// <param name="What">What has changed: <c>setting refitSteps</c>, <c>layers 3..11: sparsity</c>.</param>
/// <param name="Before">What it was; null where it was not there, or where what is behind a digest has changed.</param>
/// <param name="After">What it is; null where it is gone, or where what is behind a digest has changed.</param>
/// <param name="Cause">What in the recipe says so, if one place does: <c>rule 2 (pruning.yaml line 14)</c>.</param>
/// <param name="FirstLayer">The first decoder layer that has to be pruned again for it.</param>
internal sealed record InputChange(string What, string? Before, string? After, string? Cause, int FirstLayer)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        string change = Before is null && After is null
            ? $"{What} changed"
            : $"{What} {Before ?? "none"} -> {After ?? "none"}";
        return Cause is null ? change : $"{change} by {Cause}";
    }
}
