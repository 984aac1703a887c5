using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm init MODEL</c>: a recipe to start from, for a model that is here.</summary>
internal static class InitCommand
{
    /// <summary>Beside the recipe, so that editors find the schema of the tool's version without a network.</summary>
    private const string SchemaFile = "pruning.schema.json";

    /// <summary>Where the texts are by default, if they are there.</summary>
    public const string UsualCalibration = "data/calibration.txt";

    /// <inheritdoc cref="UsualCalibration"/>
    public const string UsualEvaluation = "data/eval.txt";

    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A Hugging Face directory." };
        var calibration = new Option<string?>("--calibration") { Description = $"The calibration text; by default {UsualCalibration}, if there is one." };
        var evaluation = new Option<string?>("--evaluation") { Description = $"The text to measure perplexity on; by default {UsualEvaluation}, if there is one." };
        var output = new Option<string>("--output", "-o") { Description = "The recipe to write, or the folder for it.", DefaultValueFactory = _ => RecipeFile.DefaultName };
        var force = new Option<bool>("--force") { Description = "Overwrite the recipe if it exists." };
        Option<bool> json = CommandAction.Json();
        var command = new Command("init", "Look at a model and write a recipe to start from, with its schema for editors.") { model, calibration, evaluation, output, force, json };
        command.SetWork((arguments, _) =>
        {
            string path = arguments.GetRequiredValue(output);
            path = Directory.Exists(path) || Path.EndsInDirectorySeparator(path) ? Path.Combine(path, RecipeFile.DefaultName) : path;
            if (File.Exists(path) && !arguments.GetValue(force))
            {
                throw ToolDiagnostics.FileExists.Error(new SourceLocation(path), "the recipe exists; add --force to overwrite it");
            }

            string directory = Path.GetFullPath(arguments.GetRequiredValue(model));
            ModelDefinition definition = DecoderModel.ReadDefinition(directory);
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            string? calibrated = Text(arguments.GetValue(calibration), UsualCalibration);
            string? measured = Text(arguments.GetValue(evaluation), UsualEvaluation);
            string recipe = RecipeTemplate.Write(
                definition,
                ModelName.Of(directory),
                Relative(folder, directory),
                calibrated is null ? null : Relative(folder, calibrated),
                measured is null ? null : Relative(folder, measured),
                SchemaFile);
            string[] texts = [.. new[] { calibrated, measured }.OfType<string>()];
            TextCheck.Require(new TextSource([.. texts.Where(Path.Exists)]));

            Directory.CreateDirectory(folder);
            Write(Path.Combine(folder, SchemaFile), RecipeSchema.Generate());
            Write(path, recipe);
            string[] missing = [.. texts.Where(text => !text.Contains('*') && !File.Exists(text))];
            new Terminal(arguments.GetValue(json)).Result(
                new { FormatVersion = 1, Recipe = Path.GetFullPath(path) },
                console =>
                {
                    console.WriteLine($"wrote {path}");
                    foreach (string step in Next(path, calibrated is null, measured is null, missing))
                    {
                        console.WriteLine(step);
                    }
                });
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("init models/opt-125m", $"Write pruning.yaml for a model, with {UsualCalibration} and {UsualEvaluation} as its texts if they are there."),
            new("init models/opt-125m --calibration train.txt --evaluation heldout.txt -o recipes/opt.yaml", "Name the texts and the recipe."),
        ]);
    }

    /// <summary>The text that is asked for, or the usual one if it is there.</summary>
    private static string? Text(string? asked, string usual) =>
        asked is not null ? Path.GetFullPath(asked)
        : File.Exists(usual) ? Path.GetFullPath(usual)
        : null;

    /// <summary>What is left to do for the user.</summary>
    private static IEnumerable<string> Next(string path, bool lacksCalibration, bool lacksEvaluation, string[] missing)
    {
        string build = $"'dotnet sparsellm build{(path == RecipeFile.DefaultName ? "" : $" {path}")}'";
        foreach (string text in missing)
        {
            yield return $"put a text at {text}: it is not there yet";
        }

        string lacking = (lacksCalibration, lacksEvaluation) switch
        {
            (true, true) => "there is no text to calibrate on and none to measure on, so it prunes by magnitude and measures nothing",
            (true, false) => "there is no text to calibrate on, so it prunes by magnitude",
            (false, true) => "there is no text to measure on, so it measures nothing",
            _ => "",
        };
        if (lacking.Length > 0)
        {
            yield return $"{lacking}. Better: name one at each {RecipeTemplate.Mark} in the recipe, or call init again with {Options(lacksCalibration, lacksEvaluation)} and --force";
        }

        yield return missing.Length > 0 ? $"then {build} makes its artifacts" : $"{build} makes its artifacts";
    }

    private static string Options(bool lacksCalibration, bool lacksEvaluation) =>
        string.Join(" and ", ((string[])[lacksCalibration ? "--calibration FILE" : "", lacksEvaluation ? "--evaluation FILE" : ""]).Where(option => option.Length > 0));

    private static string Relative(string folder, string path) => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>Writes a file that is whole, or as it was.</summary>
    private static void Write(string path, string text)
    {
        string temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetRandomFileName() + ".tmp");
        try
        {
            File.WriteAllText(temporary, text);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
