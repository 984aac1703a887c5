using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>What did not go straight: sweeps that were undone, factorisations that needed help, runtimes that do
/// otherwise.</summary>
internal static class TroubleSection
{
    private static readonly Table Sweeps = new(
        "Sweeps over auxiliary variables", "Layer", "Tried#", "Kept#", "Block error before#", "Block error after#");

    /// <summary>The sweeps.</summary>
    public static Section OfSweeps(ArtifactManifest manifest)
        => new("sweeps", "Sweeps", manifest.Sweeps is { Count: > 0 } sweeps
        ? Sweeps.With(sweeps.Select(sweep => (Html[])
            [
                Html.Of($"{sweep.Layer}"), Html.Of($"{sweep.Tried}"), Html.Of($"{sweep.Accepted}"), Figures.Error(
                    sweep.ErrorBefore), Figures.Error(sweep.ErrorAfter),
            ]))
        : Html.Empty);

    /// <summary>The fallbacks.</summary>
    public static Section OfFallbacks(ArtifactManifest manifest)
        => new("fallbacks", "Fallbacks", manifest.Fallbacks.Count == 0
        ? Html.Empty
        : Html.Of($"<ul>{manifest.Fallbacks.Select(fallback => Html.Of($"<li>{fallback}</li>"))}</ul>\n"));

    /// <summary>What runtimes of other formats are known to do otherwise.</summary>
    public static Section OfExports(ArtifactManifest manifest)
    {
        ExportNote[] notes = [.. manifest.Exports.SelectMany(export => export.Notes).Distinct()];
        return new("exports", "In other runtimes", notes.Length == 0
            ? Html.Empty
            : Html.Of($"<ul>{notes.Select(note => Html.Of($"<li>{note.Message} ({note.Code})</li>"))}</ul>\n"));
    }
}
