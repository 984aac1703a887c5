using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Executors.Kubernetes;

/// <summary>What a recipe names of this machine, and pods may not have.</summary>
internal static class LocalInputs
{
    /// <summary>A warning for each.</summary>
    /// <param name="recipe">The recipe, as it was read.</param>
    /// <param name="hasModel">Whether pods get the model as a volume.</param>
    public static IEnumerable<Diagnostic> In(Recipe recipe, bool hasModel)
    {
        if (!HubAddress.IsOne(recipe.Model) && !hasModel)
        {
            yield return Warning(
                recipe.ModelLocation,
                $"the model '{recipe.ModelAsWritten}' is on this machine, and pods look for it at "
                + $"'{PodFolders.Of(recipe.ModelAsWritten)}'; name it as hf://owner/name, give them a volume with "
                + "--model-claim, or have it there in their image");
        }

        foreach ((TextSource text, SourceLocation location) in Texts(recipe))
        {
            if (text.Paths.FirstOrDefault(path => !HubAddress.IsOne(path) && !(hasModel && IsBelow(path, recipe.Model)))
                is { } file)
            {
                yield return Warning(
                    location,
                    $"the text '{file}' is on this machine, and pods look for it where the recipe says; name it as "
                    + "hf://datasets/owner/name/path, or have it there in their image");
            }
        }
    }

    private static Diagnostic Warning(SourceLocation location, string message) =>
        PipelineDiagnostics.InputNotInPods.At(location, message);

    private static IEnumerable<(TextSource Text, SourceLocation Location)> Texts(Recipe recipe) =>
    [
        .. recipe.Calibration is { } calibration
            ? [(calibration.Text, calibration.Location)]
            : Array.Empty<(TextSource, SourceLocation)>(),
        .. recipe.Perplexities.Select(perplexity => (perplexity.Text, perplexity.Location)),
    ];

    private static bool IsBelow(string path, string folder)
        => path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
