using System.Globalization;
using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Reports;

/// <summary>What the relative errors of an artifact are errors of.</summary>
internal static class RelativeErrors
{
    private static readonly string[] TuningSettings = ["tuningEpochs", "distillationEpochs"];

    /// <summary>Their name: each was measured when its matrix was solved, and tuning has changed the matrix
    /// since.</summary>
    public static string NameOf(ArtifactManifest manifest)
        => IsTuned(manifest) ? "relative error before tuning" : "relative error";

    private static bool IsTuned(ArtifactManifest manifest)
        => manifest.Global is { Kept: > 0 } || TuningSettings.Any(name =>
            int.TryParse(manifest.Settings.GetValueOrDefault(name), CultureInfo.InvariantCulture, out int epochs)
                && epochs > 0);
}
