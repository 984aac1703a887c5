using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Reports.Provenance;

/// <summary>What a reader calls an artifact's method: its name, and its preset or what else is special about
/// it.</summary>
internal static class MethodName
{
    /// <summary>The name.</summary>
    public static string Of(ArtifactManifest manifest)
    {
        IReadOnlyList<KeyValuePair<string, string>> changes = ManifestSettings.Changes(manifest);
        string special = ManifestSettings.Read(manifest)?.Preset?.Name
            ?? string.Join(", ", changes.Select(change => $"{change.Key} {change.Value}"));
        return changes.Count == 0 ? manifest.Method : $"{manifest.Method} ({special})";
    }
}
