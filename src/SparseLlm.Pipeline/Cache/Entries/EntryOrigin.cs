using SparseLlm.Models;

namespace SparseLlm.Pipeline.Cache.Entries;

/// <summary>What an entry was made for first, for people: whatever else has the same key finds it too.</summary>
/// <param name="Model">The name of the dense model.</param>
/// <param name="Artifact">The artifact's name; null for the dense model itself.</param>
internal sealed record EntryOrigin(string Model, string? Artifact)
{
    /// <summary>The origin of a step on the model in a directory.</summary>
    public static EntryOrigin Of(string modelDirectory, string? artifact) =>
        new(ModelName.Of(modelDirectory), artifact);
}
