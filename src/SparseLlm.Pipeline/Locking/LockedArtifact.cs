using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Locking;

/// <summary>What an artifact was made of and how it came out.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Digest">Digest of its files where they are not packed.</param>
/// <param name="Sparsity">The share of zeros in its pruned tensors.</param>
/// <param name="Perplexity">Perplexity of the dense and of the pruned model, by the name of the text.</param>
/// <param name="Inputs">Everything that decided its bits.</param>
/// <param name="Layers">The key of each of its decoder layers.</param>
internal sealed record LockedArtifact(
    string Key,
    string Digest,
    double Sparsity,
    IReadOnlyDictionary<string, LockedPerplexity> Perplexity,
    ArtifactInputs Inputs,
    IReadOnlyList<string> Layers) : IJsonOnDeserialized
{
    /// <summary>Its files where they are packed; null where they are not.</summary>
    public LockedFiles? Packed { get; init; }

    /// <summary>How its weights are stored.</summary>
    [JsonIgnore]
    public CheckpointEncoding Encoding => Packed is null ? CheckpointEncoding.Dense : CheckpointEncoding.Sparse;

    /// <summary>Its files as they are stored.</summary>
    [JsonIgnore]
    public LockedFiles Stored => Packed ?? new LockedFiles(Key, Digest);

    /// <summary>Bytes of its safetensors files, as they are stored; null in the lock files of older versions.</summary>
    public long? Size { get; init; }

    /// <summary>Its GGUF files by type; null where it has none, and in the lock files of older versions.</summary>
    public IReadOnlyDictionary<string, LockedFiles>? Exports { get; init; }

    /// <summary>The artifact with this manifest.</summary>
    public static LockedArtifact Of(ArtifactManifest manifest) => new(
        manifest.Key,
        manifest.Digest,
        manifest.Sparsity,
        manifest.Perplexity.ToDictionary(entry => entry.Key, entry => Of(entry.Value, manifest)),
        manifest.Inputs,
        StepKeys.Of(manifest.Inputs).Layers)
    {
        Packed = manifest.PackedDigest is { } packed
            ? new LockedFiles(EncodingKey.Of(manifest.Key, manifest.Encoding), packed)
            : null,
        Size = manifest.Size?.OnDisk(manifest.Encoding),
        Exports = manifest.Exports.Count == 0 ? null : manifest.Exports
            .ToDictionary(export => export.Type, export => new LockedFiles(export.Key, export.Digest)),
    };

    private static LockedPerplexity Of(PerplexityReport report, ArtifactManifest manifest)
    {
        return new LockedPerplexity(report.Dense, report.Pruned)
        {
            DenseKey = KeyOf(ModelFiles.Digest(manifest.Inputs.Model)),
            PrunedKey = KeyOf(manifest.Digest)
        };

        string KeyOf(string model) => EvaluationKey.Of(manifest.Inputs.Revision, model, manifest.Inputs.Model,
            manifest.Inputs.Numerics, report.Key);
    }

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(
            Layers.Append(Key).Append(Digest).All(Sha256Text.IsValid),
            "an artifact in it has something else than digests for keys");
        RecordJson.Require(Sparsity is >= 0 and <= 1, "a sparsity in it is not a fraction");
        RecordJson.Require(Size is null or >= 0, "a size in it is negative");
    }
}

/// <summary>Perplexity on one text.</summary>
/// <param name="Dense">Of the dense model.</param>
/// <param name="Pruned">Of the pruned model.</param>
internal sealed record LockedPerplexity(double Dense, double Pruned) : IJsonOnDeserialized
{
    /// <summary>The key that the dense model's has in the cache; null in the lock files of older versions.</summary>
    public string? DenseKey { get; init; }

    /// <summary>The key that the pruned model's has in the cache; null in the lock files of older versions.</summary>
    public string? PrunedKey { get; init; }

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(
            Pruning.Evaluation.Perplexity.IsPossible(Dense) && Pruning.Evaluation.Perplexity.IsPossible(Pruned),
            "a perplexity in it is none");
        RecordJson.Require(
            ((string?[])[DenseKey, PrunedKey]).All(key => key is null || Sha256Text.IsValid(key)),
            "a perplexity in it has something else than a key for one");
    }
}
