using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Reports.Provenance;

/// <summary>What a user has to say to get the settings of an artifact.</summary>
internal static class SettingChanges
{
    /// <summary>The settings that are not as the method has them by itself; one that decides the defaults of others
    /// comes before these.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(ArtifactManifest manifest)
    {
        if (!Enum.TryParse(manifest.Method, ignoreCase: true, out PruningMethod method))
        {
            return [.. manifest.Settings];
        }

        PruningSettings start = PruningSettings.For(method);
        KeyValuePair<string, string>[] deciding =
        [
            .. Differences(manifest, start).Where(change => Setting.Find(change.Key)
                is { ChangesDefaults: true } setting && setting.With(start, change.Value) is not null),
        ];
        return [.. deciding, .. Differences(
            manifest,
            Setting.Apply(start, deciding.Select(change => (Setting.Find(change.Key)!, change.Value))))];
    }

    private static IEnumerable<KeyValuePair<string, string>> Differences(
        ArtifactManifest manifest,
        PruningSettings settings)
    {
        IReadOnlyDictionary<string, string> known = Setting.Describe(settings);
        return manifest.Settings.Where(setting => known.GetValueOrDefault(setting.Key) != setting.Value);
    }
}
