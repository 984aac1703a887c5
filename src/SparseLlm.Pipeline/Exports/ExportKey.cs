using System.Globalization;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Exports;

/// <summary>The key of a GGUF file: of the artifact's files, which its provenance names by their digest, and of all
/// else that is written into it.</summary>
internal static class ExportKey
{
    /// <summary>The key.</summary>
    /// <param name="manifest">The artifact, under the name that it has here.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="card">The digest of the dense model's card, which says its licence; null where it has none.</param>
    public static string Of(ArtifactManifest manifest, GgufElementType type, string? card)
    {
        using var key = new KeyBuilder(CachedExport.Kind, GgufExport.Revision);
        key.Add("type", type.Name()).Add("card", card);
        foreach ((string name, object value) in GgufProvenance.Of(manifest))
        {
            key.Add(name, Convert.ToString(value, CultureInfo.InvariantCulture));
        }

        return key.Build();
    }
}
