using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Building;

/// <summary>A finished artifact.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Directory">Where it stands.</param>
/// <param name="Manifest">Its pruning.json.</param>
/// <param name="Origin">Where it came from.</param>
internal sealed record ArtifactOutcome(string Name, string Directory, ArtifactManifest Manifest, ArtifactOrigin Origin)
{
    /// <summary>How it does on the limits of its gates.</summary>
    public IReadOnlyList<GateResult> Gates { get; init; } = [];
}

/// <summary>Where an artifact came from.</summary>
internal enum ArtifactOrigin
{
    /// <summary>It was there already, unchanged.</summary>
    UpToDate,

    /// <summary>The model was there already, unchanged; its perplexity was measured anew.</summary>
    MeasuredAgain,

    /// <summary>The model was there already, unchanged; files in other formats were written from it.</summary>
    Exported,

    /// <summary>It was known in the other encoding, in its place or in the cache, and packed or unpacked.</summary>
    Encoded,

    /// <summary>It was taken from the cache.</summary>
    Cache,

    /// <summary>It was pruned now, some decoder layers of it perhaps earlier.</summary>
    Pruned,
}

/// <summary>An artifact stands in its place.</summary>
/// <param name="Outcome">What it is.</param>
internal sealed record ArtifactDone(ArtifactOutcome Outcome) : BuildProgress;
