using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Planning;

/// <summary>What a build would do about an artifact.</summary>
internal enum PlannedAction
{
    /// <summary>Nothing: it stands there, unchanged.</summary>
    None,

    /// <summary>Measure perplexity, or take it from the cache; the model stands there.</summary>
    Measure,

    /// <summary>Write GGUF files, or take them from the cache; the model stands there.</summary>
    Export,

    /// <summary>Pack or unpack it: it stands there or is in the cache in the other encoding.</summary>
    Encode,

    /// <summary>Take it from the cache, and measure perplexity where that is not there.</summary>
    Restore,

    /// <summary>Prune decoder layers, those aside that are in the cache.</summary>
    Prune,
}

/// <summary>What a build would do about an artifact, and why.</summary>
/// <param name="Artifact">The artifact's recipe.</param>
/// <param name="Request">The prune.</param>
/// <param name="Inputs">What decides its bits.</param>
/// <param name="Keys">The keys of its steps.</param>
/// <param name="Action">What would be done.</param>
/// <param name="CachedLayers">The decoder layers that are in the cache, by index.</param>
/// <param name="Measurements">The perplexities that it does not have yet.</param>
/// <param name="Exports">The GGUF files that it does not have yet.</param>
/// <param name="Size">What its directory takes, GGUF files aside.</param>
internal sealed record ArtifactPlan(
    ArtifactRecipe Artifact,
    PruneRequest Request,
    ArtifactInputs Inputs,
    StepKeys Keys,
    PlannedAction Action,
    IReadOnlyList<int> CachedLayers,
    IReadOnlyList<PlannedMeasurement> Measurements,
    IReadOnlyList<PlannedExport> Exports,
    PlannedSize Size)
{
    /// <summary>How many passes over all layers an earlier build has left in the cache.</summary>
    public int CachedEpochs { get; init; }

    /// <summary>What is probably a mistake, and would be said by each build.</summary>
    public IReadOnlyList<Diagnostic> Warnings { get; init; } = [];

    /// <summary>The keys of the texts that perplexity is measured on.</summary>
    public IReadOnlyList<string> TextKeys { get; init; } = [];

    /// <summary>The decoder layers that would be pruned, by index.</summary>
    public IReadOnlyList<int> MissingLayers
        => Action == PlannedAction.Prune ? [.. Enumerable.Range(0, Keys.Layers.Count).Except(CachedLayers)] : [];

    /// <summary>How many passes over all layers would be made; fewer where they end early.</summary>
    public int MissingEpochs => Action == PlannedAction.Prune ? Keys.Epochs.Count - CachedEpochs : 0;

    /// <summary>The perplexities that would be measured, as far as that can be told.</summary>
    public IReadOnlyList<PlannedMeasurement> MissingMeasurements
        => [.. Measurements.Where(measurement => !measurement.IsCached)];
}
