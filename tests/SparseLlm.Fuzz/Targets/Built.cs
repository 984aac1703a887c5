using SparseLlm.Files;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Tests;

namespace SparseLlm.Fuzz.Targets;

/// <summary>What a build of a moment leaves, cut down to what inputs of a few kilobytes can hold.</summary>
internal static class Built
{
    private static readonly Lazy<(ArtifactManifest Manifest, IReadOnlyList<CacheEntry> Entries)> Result = new(Build);

    /// <summary>The manifest of an artifact, with two matrices of one layer.</summary>
    public static ArtifactManifest Manifest => Result.Value.Manifest;

    /// <summary>An entry of every kind.</summary>
    public static IReadOnlyList<CacheEntry> Entries => Result.Value.Entries;

    private static (ArtifactManifest Manifest, IReadOnlyList<CacheEntry> Entries) Build()
    {
        using var directory = new TempDirectory();
        BuildCache cache = BuildCache.Open(directory["cache"], remote: null, _ => { });
        ArtifactManifest manifest = new SmallBuild(directory).Run(cache).Manifest;
        manifest = manifest with
        {
            Encoding = CheckpointEncoding.Sparse,
            PackedDigest = manifest.Digest,
            Tensors = [.. manifest.Tensors.Take(2).Select(tensor => tensor with { RelativeError = 0.25, Mask = null })],
            Settings = manifest.Settings.Take(2).ToDictionary(),
            Inputs = manifest.Inputs with
            {
                Settings = manifest.Inputs.Settings.Take(2).ToDictionary(),
                Layers = [.. manifest.Inputs.Layers.Take(1)
                    .Select(layer => layer with { Patterns = layer.Patterns.Take(2).ToDictionary() })],
            },
        };
        IEnumerable<CacheEntry> entries = CacheInventory.Of(cache).Entries.Select(listed => listed.Entry)
            .DistinctBy(entry => entry.Kind);
        return (manifest, [.. entries.Select(entry => entry.Kind == "artifact"
            ? entry with { Files = [.. entry.Files.Take(2)], Metadata = RecordJson.ToElement(manifest) }
            : entry)]);
    }
}
