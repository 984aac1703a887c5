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

    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A Hugging Face directory." };
        var calibration = new Option<string>("--calibration") { Description = "The calibration text.", DefaultValueFactory = _ => "data/calibration.txt" };
        var evaluation = new Option<string>("--evaluation") { Description = "The text to measure perplexity on.", DefaultValueFactory = _ => "data/eval.txt" };
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
            string[] texts = [.. new[] { calibration, evaluation }.Select(text => Path.GetFullPath(arguments.GetRequiredValue(text)))];
            string recipe = RecipeTemplate.Write(
                definition, Path.GetFileName(Path.TrimEndingDirectorySeparator(directory)), Relative(folder, directory), Relative(folder, texts[0]), Relative(folder, texts[1]), SchemaFile);
            TextCheck.Require(new TextSource([.. texts.Where(Path.Exists)]));

            Directory.CreateDirectory(folder);
            Write(Path.Combine(folder, SchemaFile), RecipeSchema.Generate());
            Write(path, recipe);
            foreach (string missing in texts.Where(text => !File.Exists(text)).Select(text => Relative(folder, text)).Where(text => !text.Contains('*')))
            {
                Terminal.Progress($"{missing} is not there yet; put a text there before you build");
            }

            new Terminal(arguments.GetValue(json)).Result(
                new { FormatVersion = 1, Recipe = Path.GetFullPath(path) },
                console => console.WriteLine($"wrote {path}; 'dotnet sparsellm build {path}' makes its artifacts"));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("init models/opt-125m", "Write pruning.yaml for a model, with texts expected in data/calibration.txt and data/eval.txt."),
            new("init models/opt-125m --calibration train.txt --evaluation heldout.txt -o recipes/opt.yaml", "Name the texts and the recipe."),
        ]);
    }

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
