using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Recipes;
using SparseLlm.Tool.Projects;

namespace SparseLlm.Tool.Commands;

/// <summary>A recipe that was read, and what the command line, or else its project, says of where its artifacts are and
/// how they are made.</summary>
/// <param name="Recipe">The recipe, with the engine that its project names.</param>
/// <param name="Warnings">Its warnings, which have been shown.</param>
/// <param name="Output">The directory of the artifacts, absolute.</param>
/// <param name="Cache">The cache that the project names, if any.</param>
internal sealed record ChosenRecipe(Recipe Recipe, IReadOnlyList<Diagnostic> Warnings, string Output, string? Cache)
{
    /// <summary>A recipe whose artifacts are beside it.</summary>
    public static ChosenRecipe Alone(Recipe recipe, IReadOnlyList<Diagnostic> warnings) =>
        new(recipe, warnings, Path.Combine(Path.GetDirectoryName(Path.GetFullPath(recipe.Path))!, "models"), null);

    /// <summary>The same recipe as a build of a project makes it.</summary>
    public ChosenRecipe In(PruningProject project) => this with
    {
        Recipe = Recipe with { Engine = project.Choose(Recipe.Engine) },
        Output = project.Models,
        Cache = project.Cache
    };

    /// <summary>Whether any artifact stands in its place.</summary>
    public bool IsBuilt => Recipe.Artifacts
        .Any(artifact => File.Exists(Path.Combine(Output, artifact.Name, ArtifactManifest.FileName)));
}
