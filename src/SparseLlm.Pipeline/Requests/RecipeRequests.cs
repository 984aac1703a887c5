using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Requests;

/// <summary>Turns the artifacts of a recipe into prunes.</summary>
internal static class RecipeRequests
{
    /// <summary>The artifacts with these names, in the order of the recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="names">Which; empty for all.</param>
    /// <exception cref="DiagnosticException">The recipe has none of that name.</exception>
    public static IReadOnlyList<ArtifactRecipe> Choose(this Recipe recipe, IReadOnlyCollection<string> names)
    {
        string? unknown = names.FirstOrDefault(name => recipe.Artifacts.All(artifact => artifact.Name != name));
        if (unknown is not null)
        {
            throw PipelineDiagnostics.UnknownArtifact.Error(
                new SourceLocation(recipe.Path),
                $"there is no artifact '{unknown}'; the recipe has "
                + $"{string.Join(", ", recipe.Artifacts.Select(artifact => artifact.Name))}");
        }

        return names.Count == 0
            ? recipe.Artifacts
            : [.. recipe.Artifacts.Where(artifact => names.Contains(artifact.Name))];
    }

    /// <summary>The prune that makes an artifact.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="artifact">One of its artifacts.</param>
    /// <param name="output">The directory that gets one directory for each artifact.</param>
    public static PruneRequest Request(this Recipe recipe, ArtifactRecipe artifact, string output) =>
        new(
            artifact.Name,
            artifact.Settings,
            new SparsityPlan(artifact.Pattern, artifact.Rules),
            recipe.Calibration,
            recipe.Perplexities,
            Path.Combine(output, artifact.Name))
        {
            Gates = artifact.Gates,
            Encoding = artifact.Encoding,
            Gguf = artifact.Gguf,
            Location = artifact.Location,
            Sources = recipe.SourcesOf(artifact)
        };

    /// <summary>The commits of what an artifact is made of, by address: those of the model, and of the calibration
    /// texts where it looks at them.</summary>
    private static IReadOnlyDictionary<string, string>? SourcesOf(this Recipe recipe, ArtifactRecipe artifact)
    {
        HashSet<string> read = [recipe.Model, .. artifact.Settings.NeedsCalibration()
            ? recipe.Calibration?.Text.Paths ?? []
            : []];
        HubSource[] sources = [.. recipe.Sources
            .Where(source => read.Contains(source.Directory) || source.Paths.Any(read.Contains))];
        return sources.Length == 0
            ? null
            : sources.ToDictionary(source => source.Address.ToString(), source => source.Commit);
    }
}
