using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Artifacts.Outputs;

/// <summary>Whether what stands in an output directory is what would be made.</summary>
internal static class ArtifactState
{
    /// <summary>The manifest of the artifact that stands there, in whatever encoding, if it has this key and its files
    /// are as they were written.</summary>
    public static ArtifactManifest? UpToDate(string directory, string key, FileDigests digests) =>
        ArtifactManifest.TryRead(directory) is { } manifest && manifest.Key == key
            && IsIntact(directory, manifest, digests) ? manifest : null;

    /// <summary>Whether an artifact's files are as they were written.</summary>
    public static bool IsIntact(string directory, ArtifactManifest manifest, FileDigests digests)
    {
        try
        {
            // Others that lie there are the user's, as long as they are not loaded in place of the artifact's.
            IReadOnlyCollection<string> names = manifest.StoredFiles;
            return !Checkpoint.Files(directory).Except(names).Any()
                && Digest(directory, names, digests) == manifest.StoredDigest;
        }
        catch (DiagnosticException)
        {
            return false;
        }
    }

    /// <summary>One digest for files of a directory.</summary>
    /// <exception cref="DiagnosticException">One cannot be read.</exception>
    public static string Digest(string directory, IEnumerable<string> names, FileDigests digests) =>
        ModelFiles.Digest(names.ToDictionary(name => name, name => digests.Of(Path.Combine(directory, name))));

    /// <summary>Whether an artifact was measured on the texts that a request names, as they are now.</summary>
    public static bool HasPerplexities(ArtifactManifest manifest, PruneRequest request, DenseModel dense) =>
        manifest.Perplexity.Count == request.Perplexities.Count
        && request.Perplexities.All(text => manifest.Perplexity.TryGetValue(text.Name, out PerplexityReport? report)
            && report.Key == dense.TextKey(text));
}
