using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary>The recipe that a command works on.</summary>
internal static class RecipeFile
{
    /// <summary>The name that is looked for where none is given.</summary>
    public const string DefaultName = "pruning.yaml";

    /// <summary>The argument that names it.</summary>
    public static Argument<string> Argument() => new("recipe")
    {
        Description = $"The recipe, or the folder it is in; by default {DefaultName} here.",
        DefaultValueFactory = _ => DefaultName,
    };

    /// <summary>The recipe's path, as given.</summary>
    /// <exception cref="DiagnosticException">There is no such file.</exception>
    public static string Find(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, DefaultName) : path;
        return File.Exists(file)
            ? file
            : throw ToolDiagnostics.RecipeMissing.Error(
                new SourceLocation(file), "there is no such recipe; name one, or write one with 'dotnet sparsellm init MODEL'");
    }

    /// <summary>The option that names the directory of the artifacts.</summary>
    public static Option<string?> Output() =>
        new("--output", "-o") { Description = "The directory that gets one directory for each artifact; by default 'models' beside the recipe." };

    /// <summary>The option that names artifacts.</summary>
    public static Option<string[]> Artifact() =>
        new("--artifact") { Description = "An artifact to look at; may be given more than once. By default all." };

    /// <summary>The directory of the artifacts, absolute.</summary>
    public static string OutputOf(Recipe recipe, string? option) =>
        Path.GetFullPath(option ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(recipe.Path))!, "models"));

    /// <summary>Reads a recipe and shows its warnings.</summary>
    /// <exception cref="DiagnosticException">It has errors.</exception>
    public static Recipe Read(string path)
    {
        RecipeReading reading = RecipeReader.Read(Find(path), ToolVersion.Current);
        Recipe recipe = reading.Require();
        foreach (Diagnostic warning in reading.Diagnostics)
        {
            Terminal.Show(warning);
        }

        return recipe;
    }
}
