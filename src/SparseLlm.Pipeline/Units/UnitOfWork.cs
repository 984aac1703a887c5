using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Planning;

namespace SparseLlm.Pipeline.Units;

/// <summary>
/// What one process does at a time: an artifact, with its perplexities. Its result is what the cache has in the end, so
/// it can be stopped at any moment, done again, or done by two at once.
/// </summary>
/// <param name="Key">Stands for everything that decides the result; also of what is measured and exported.</param>
/// <param name="Plan">What a build would do about it now.</param>
internal sealed record UnitOfWork(string Key, ArtifactPlan Plan)
{
    /// <summary>The unit of an artifact.</summary>
    public static UnitOfWork Of(ArtifactPlan plan) => new(
        KeyBuilder.Of(
            "unit",
            [
                new("artifact", plan.Keys.Artifact),
                new("name", plan.Artifact.Name),
                new("encoding", plan.Request.Encoding.ToString()),
                .. plan.TextKeys.Select((key, index) => KeyValuePair.Create($"text {index}", key)),
                .. plan.Request.Gguf.Select((type, index) => KeyValuePair.Create($"gguf {index}", $"{type}")),
            ]),
        plan);

    /// <summary>The name of its artifact.</summary>
    public string Name => Plan.Artifact.Name;

    /// <summary>Whether something has to be computed that is not in the cache.</summary>
    public bool IsMissing => Plan.Action == PlannedAction.Prune || Plan.MissingMeasurements.Count > 0;

    /// <summary>Decoder layers in all.</summary>
    public int Layers => Plan.Keys.Layers.Count;

    /// <summary>Decoder layers that are in the cache.</summary>
    public int LayersDone => Plan.CachedLayers.Count;

    /// <summary>Decoder layers and passes over all of them that are in the cache.</summary>
    public int StepsDone => LayersDone + Plan.CachedEpochs;
}
