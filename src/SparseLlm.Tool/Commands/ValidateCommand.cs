using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm validate [RECIPE]</c>: every mistake in a recipe, without running it.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var recipe = new RecipeOptions();
        Option<bool> json = CommandAction.Json();
        var command = new Command("validate", "Check a recipe without running it.") { json };
        recipe.AddRecipeTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            string path = recipe.Path(arguments, cancellation);
            RecipeReading reading = RecipeReader.Read(path, ToolVersion.Current);
            foreach (Diagnostic diagnostic in reading.Diagnostics)
            {
                Terminal.Show(diagnostic);
            }

            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    Valid = reading.Recipe is not null,
                    Artifacts = reading.Recipe?.Artifacts.Select(artifact => artifact.Name) ?? [],
                    Diagnostics = reading.Diagnostics.Select(diagnostic => new
                    {
                        diagnostic.Code,
                        Severity = diagnostic.Severity.ToString().ToLowerInvariant(),
                        diagnostic.Message,
                        diagnostic.Location,
                    }),
                },
                console => Summarize(path, reading, console));
            return reading.Recipe is null ? ExitCodes.Usage : ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("validate", "Check pruning.yaml here."),
            new("validate recipes/opt.yaml --json", "Print every mistake with file, line and column as JSON."),
        ]);
    }

    private static void Summarize(string path, RecipeReading reading, TextOutput console)
    {
        if (reading.Recipe is { } recipe)
        {
            console.WriteLine(
                $"{path} is valid: {string.Join(", ", recipe.Artifacts.Select(artifact => artifact.Name))}");
        }
    }
}
