using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;
using Spectre.Console;

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
        var output = new Option<string>("--output", "-o") { Description = "The recipe to write.", DefaultValueFactory = _ => RecipeFile.DefaultName };
        var force = new Option<bool>("--force") { Description = "Overwrite the recipe if it exists." };
        Option<bool> json = CommandAction.Json();
        var command = new Command("init", "Look at a model and write a recipe to start from, with its schema for editors.") { model, calibration, evaluation, output, force, json };
        command.SetWork((arguments, _) =>
        {
            string path = arguments.GetRequiredValue(output);
            if (File.Exists(path) && !arguments.GetValue(force))
            {
                throw ToolDiagnostics.FileExists.Error(new SourceLocation(path), "the recipe exists; add --force to overwrite it");
            }

            string directory = arguments.GetRequiredValue(model);
            ModelDefinition definition = DecoderModel.ReadDefinition(directory);
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            File.WriteAllText(Path.Combine(folder, SchemaFile), RecipeSchema.Generate());
            File.WriteAllText(path, Recipe(
                definition, Relative(folder, directory), Relative(folder, arguments.GetRequiredValue(calibration)), Relative(folder, arguments.GetRequiredValue(evaluation))));
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

    private static string Relative(string folder, string path) =>
        Path.GetRelativePath(folder, Path.GetFullPath(path)).Replace('\\', '/');

    private static string Recipe(ModelDefinition definition, string model, string calibration, string evaluation)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(model));
        int length = CalibrationTokens.DefaultSequenceLength(definition.MaximumLength);
        return $"""
            # yaml-language-server: $schema={SchemaFile}
            version: 1
            requires: "[{ToolVersion.Current.Version.ToString(2)},1.0)"
            # {definition.Architecture}, {definition.Layers.Count} decoder layers
            model: {Quote(model)}
            calibration:
              text: {Quote(calibration)}
              samples: 128
              sequenceLength: {length}
            evaluation:
              perplexity:
                prose: {Quote(evaluation)}
            defaults:
              method: sparsellm
            artifacts:
              {name}-50:
                sparsity: 0.5
                gates:
                  prose: {"{ maxIncrease: 10% }"}
              {name}-2of4:
                pattern: "2:4"

            """;
    }

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
}
