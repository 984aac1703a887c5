using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
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
                new SourceLocation(file),
                "there is no such recipe; name one, or write one with 'dotnet sparsellm init MODEL'");
    }

    /// <summary>The option that names artifacts.</summary>
    public static Option<string[]> Artifact()
    {
        var option = new Option<string[]>("--artifact")
        {
            Description = "An artifact; may be given more than once. By default all."
        };
        option.CompletionSources.Add(ArtifactNames);
        return option;
    }

    /// <summary>The artifacts of the recipe on the command line that is being completed, or of the one here; none where
    /// it cannot be read.</summary>
    public static IEnumerable<CompletionItem> ArtifactNames(CompletionContext context)
    {
        IEnumerable<string> named = context.ParseResult.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens).Select(token => token.Value).Where(Path.Exists);
        string path = named.FirstOrDefault(DefaultName);
        path = Directory.Exists(path) ? Path.Combine(path, DefaultName) : path;
        return File.Exists(path) && RecipeReader.Read(path, ToolVersion.Current).Recipe is { } recipe
            ? recipe.Artifacts.Select(artifact => new CompletionItem(artifact.Name))
            : [];
    }

    /// <summary>Reads a recipe and shows its warnings, which are handed out too.</summary>
    /// <exception cref="DiagnosticException">It has errors.</exception>
    public static Recipe Read(string path, out IReadOnlyList<Diagnostic> warnings)
    {
        RecipeReading reading = RecipeReader.Read(Find(path), ToolVersion.Current);
        Recipe recipe = reading.Require();
        warnings = reading.Diagnostics;
        foreach (Diagnostic warning in warnings)
        {
            Terminal.Show(warning);
        }

        return recipe;
    }
}
