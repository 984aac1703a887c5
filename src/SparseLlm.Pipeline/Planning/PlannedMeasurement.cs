namespace SparseLlm.Pipeline.Planning;

/// <summary>A perplexity that a build would look for.</summary>
/// <param name="Artifact">The measured artifact; null for the dense model.</param>
/// <param name="Text">The name of the text.</param>
/// <param name="Key">Its key; null where it is not known before the artifact is there.</param>
/// <param name="IsCached">Whether it is in the cache, here or on the remote one.</param>
internal sealed record PlannedMeasurement(string? Artifact, string Text, string? Key, bool IsCached)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Artifact ?? "the dense model"} on {Text}";
}
