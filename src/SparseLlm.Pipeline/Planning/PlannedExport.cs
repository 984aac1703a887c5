namespace SparseLlm.Pipeline.Planning;

/// <summary>A GGUF file that a build would write or take from the cache.</summary>
/// <param name="File">Its name.</param>
/// <param name="IsCached">Whether it is in the cache, here or on the remote one.</param>
internal sealed record PlannedExport(string File, bool IsCached)
{
    /// <inheritdoc/>
    public override string ToString() => File;
}
