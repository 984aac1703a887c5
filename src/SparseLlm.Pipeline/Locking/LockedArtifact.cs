using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;

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
    IReadOnlyList<string> Layers)
{
    /// <summary>The artifact with this manifest.</summary>
    public static LockedArtifact Of(ArtifactManifest manifest) => new(
        manifest.Key,
        manifest.Digest,
        manifest.Sparsity,
        manifest.Perplexity.ToDictionary(entry => entry.Key, entry => new LockedPerplexity(entry.Value.Dense, entry.Value.Pruned)),
        manifest.Inputs,
        StepKeys.Of(manifest.Inputs).Layers);
}

/// <summary>Perplexity on one text.</summary>
/// <param name="Dense">Of the dense model.</param>
/// <param name="Pruned">Of the pruned model.</param>
public sealed record LockedPerplexity(double Dense, double Pruned);
