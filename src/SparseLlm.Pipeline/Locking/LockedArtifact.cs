using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Running;

namespace SparseLlm.Pipeline.Locking;

/// <summary>What an artifact was made of and how it came out.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Digest">Digest of its files.</param>
/// <param name="Sparsity">The share of zeros in its pruned tensors.</param>
/// <param name="Perplexity">Perplexity of the dense and of the pruned model, by the name of the text.</param>
/// <param name="Inputs">Everything that decided its bits.</param>
/// <param name="Layers">The key of each of its decoder layers.</param>
public sealed record LockedArtifact(
    string Key,
    string Digest,
    double Sparsity,
    IReadOnlyDictionary<string, LockedPerplexity> Perplexity,
    ArtifactInputs Inputs,
    IReadOnlyList<string> Layers) : IJsonOnDeserialized
{
    /// <summary>Bytes of its safetensors files; null in the lock files of older versions.</summary>
    public long? Size { get; init; }

    /// <summary>Its GGUF files by type; null where it has none, and in the lock files of older versions.</summary>
    public IReadOnlyDictionary<string, LockedExport>? Exports { get; init; }

    /// <summary>The artifact with this manifest.</summary>
    public static LockedArtifact Of(ArtifactManifest manifest) => new(
        manifest.Key,
        manifest.Digest,
        manifest.Sparsity,
        manifest.Perplexity.ToDictionary(entry => entry.Key, entry => Of(entry.Value, manifest)),
        manifest.Inputs,
        StepKeys.Of(manifest.Inputs).Layers)
    {
        Size = manifest.Size?.Pruned,
        Exports = manifest.Exports.Count == 0 ? null : manifest.Exports.ToDictionary(export => export.Type, export => new LockedExport(export.Key, export.Digest)),
    };

    private static LockedPerplexity Of(PerplexityReport report, ArtifactManifest manifest)
    {
        return new LockedPerplexity(report.Dense, report.Pruned) { DenseKey = KeyOf(ModelFiles.Digest(manifest.Inputs.Model)), PrunedKey = KeyOf(manifest.Digest) };

        string KeyOf(string model) => EvaluationKey.Of(manifest.Inputs.Revision, model, manifest.Inputs.Model, manifest.Inputs.Numerics, report.Key);
    }

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Layers.Append(Key).Append(Digest).All(Sha256Text.IsValid), "an artifact in it has something else than digests for keys");
        RecordJson.Require(Sparsity is >= 0 and <= 1, "a sparsity in it is not a fraction");
        RecordJson.Require(Size is null or >= 0, "a size in it is negative");
    }
}

/// <summary>A GGUF file.</summary>
/// <param name="Key">Its key in the cache.</param>
/// <param name="Digest">Its digest, or one for all of its parts.</param>
public sealed record LockedExport(string Key, string Digest) : IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized() =>
        RecordJson.Require(Sha256Text.IsValid(Key) && Sha256Text.IsValid(Digest), "a GGUF file in it has something else than digests for key and digest");
}

/// <summary>Perplexity on one text.</summary>
/// <param name="Dense">Of the dense model.</param>
/// <param name="Pruned">Of the pruned model.</param>
public sealed record LockedPerplexity(double Dense, double Pruned) : IJsonOnDeserialized
{
    /// <summary>The key that the dense model's has in the cache; null in the lock files of older versions.</summary>
    public string? DenseKey { get; init; }

    /// <summary>The key that the pruned model's has in the cache; null in the lock files of older versions.</summary>
    public string? PrunedKey { get; init; }

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Pruning.Evaluation.Perplexity.IsPossible(Dense) && Pruning.Evaluation.Perplexity.IsPossible(Pruned), "a perplexity in it is none");
        RecordJson.Require(((string?[])[DenseKey, PrunedKey]).All(key => key is null || Sha256Text.IsValid(key)), "a perplexity in it has something else than a key for one");
    }
}
