using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Reports.Provenance;

/// <summary>What a reader calls an artifact's method: its name, and its preset or what else is special about
/// it.</summary>
internal static class MethodName
{
    /// <summary>The name.</summary>
    public static string Of(ArtifactManifest manifest)
    {
        IReadOnlyList<KeyValuePair<string, string>> changes = SettingChanges.Of(manifest);
        return changes.Count == 0
            ? manifest.Method
            : $"{manifest.Method} ({PresetOf(manifest)?.Name ?? string.Join(", ", changes.Select(change => $"{change.Key} {change.Value}"))})";
    }

    private static Preset? PresetOf(ArtifactManifest manifest) => Preset.All.FirstOrDefault(preset =>
        string.Equals(manifest.Method, nameof(PruningMethod.SparseLlm), StringComparison.OrdinalIgnoreCase)
        && Setting.Describe(PruningSettings.For(PruningMethod.SparseLlm, preset))
            .All(setting => manifest.Settings.GetValueOrDefault(setting.Key) == setting.Value));
}
