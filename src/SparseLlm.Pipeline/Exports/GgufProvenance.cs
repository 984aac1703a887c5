using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Exports;

/// <summary>What a GGUF file says of where it comes from: nothing of when and by which version of the tool, so that the
/// same inputs become the same bytes.</summary>
internal static class GgufProvenance
{
    /// <summary>The pairs.</summary>
    /// <param name="manifest">The artifact's manifest.</param>
    public static GgufMetadata Of(ArtifactManifest manifest)
    {
        var pairs = new GgufMetadata();
        pairs.Set("general.base_model.count", 1u);
        pairs.Set("general.base_model.0.name", manifest.Model.Name);
        if (manifest.Artifact is { } name)
        {
            pairs.Set("sparsellm.artifact", name);
        }

        pairs.Set("sparsellm.digest", manifest.Digest);
        pairs.Set("sparsellm.key", manifest.Key);
        pairs.Set("sparsellm.method", manifest.Method);
        pairs.Set("sparsellm.pattern", manifest.Pattern);
        pairs.Set("sparsellm.sparsity", (float)manifest.Sparsity);
        return pairs;
    }
}
