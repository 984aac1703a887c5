using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Reports.Provenance;

/// <summary>The settings that a manifest tells of.</summary>
/// <param name="Settings">Those that this version of the tool knows.</param>
/// <param name="Others">What else another version has written.</param>
internal sealed record ManifestSettings(
    PruningSettings Settings,
    IReadOnlyList<KeyValuePair<string, string>> Others)
{
    /// <summary>The preset that they are; null where they are none.</summary>
    public Preset? Preset => Others.Count == 0 ? Preset.Of(Settings) : null;

    /// <summary>What a user has to say to get the settings of an artifact: those that are not as the method has them by
    /// itself, one that decides the defaults of others before these.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Changes(ArtifactManifest manifest) =>
        Read(manifest) is { } read
            ? [.. Setting.Changes(read.Settings).Select(value => KeyValuePair.Create(value.Setting.Name, value.Text)),
                .. read.Others]
            : [.. manifest.Settings];

    /// <summary>Those of the changes that the method looks at: a recipe may have others, and the command line takes
    /// none.</summary>
    public static IEnumerable<KeyValuePair<string, string>> EffectiveChanges(ArtifactManifest manifest) =>
        Read(manifest) is { Settings: var settings }
            ? Changes(manifest).Where(change => Setting.Find(change.Key)?.HasEffectOn(settings) != false)
            : Changes(manifest);

    /// <summary>The settings of an artifact; null where its method is not one of this version.</summary>
    public static ManifestSettings? Read(ArtifactManifest manifest)
    {
        if (!Enum.TryParse(manifest.Method, ignoreCase: true, out PruningMethod method))
        {
            return null;
        }

        var standard = PruningSettings.For(method);
        var known = new List<SettingValue>();
        var others = new List<KeyValuePair<string, string>>();
        foreach (KeyValuePair<string, string> written in manifest.Settings)
        {
            Setting? setting = Setting.Find(written.Key);
            if (setting?.Parse(written.Value) is { } value)
            {
                known.Add(value);
            }
            else if (setting?.ValueIn(standard)?.Text != written.Value)
            {
                others.Add(written);
            }
        }

        return new ManifestSettings(Setting.Apply(standard, known), others);
    }
}
