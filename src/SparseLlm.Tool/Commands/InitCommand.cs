using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
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

    private const string UsualCalibrationSet = "c4";
    private const string UsualEvaluationSet = "wikitext2";

    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A Hugging Face directory, or hf://owner/name." };
        var sources = new SourceOptions();
        var calibration = new Option<string?>("--calibration")
        {
            Description = $"The calibration text: a file, an address on the hub, or a data set by name, such as c4; by "
            + $"default {UsualCalibration}, if there is one."
        };
        var evaluation = new Option<string?>("--evaluation")
        {
            Description = $"The text to measure perplexity on, likewise; by default {UsualEvaluation}, if there is one."
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The recipe to write, or the folder for it.",
            DefaultValueFactory = _ => RecipeFile.DefaultName
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the recipe if it exists." };
        Option<bool> json = CommandAction.Json();
        var command = new Command(
            "init",
            "Look at a model and write a recipe to start from, with its schema for editors.") { model, calibration,
            evaluation, output, force, json };
        sources.AddTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            string path = arguments.GetRequiredValue(output);
            path = Directory.Exists(path) || Path.EndsInDirectorySeparator(path)
                ? Path.Combine(path, RecipeFile.DefaultName)
                : path;
            if (File.Exists(path) && !arguments.GetValue(force))
            {
                throw ToolDiagnostics.FileExists
                    .Error(new SourceLocation(path), "the recipe exists; add --force to overwrite it");
            }

            string named = arguments.GetRequiredValue(model);
            string directory = Path.GetFullPath(sources.Model(arguments, named, cancellation));
            if (!Directory.Exists(directory) && MeantModel.Hint(directory, named) is { } hint)
            {
                throw ModelDiagnostics.CheckpointNotFound.Error(new SourceLocation(named), hint);
            }

            ModelDefinition definition = DecoderModel.ReadDefinition(directory);
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            string? calibrated = Text(arguments.GetValue(calibration), UsualCalibration);
            string? measured = Text(arguments.GetValue(evaluation), UsualEvaluation);

            // Who has the model from the hub can have the texts from there that most others use.
            bool isFromHub = HubAddress.IsOne(named);
            KeyValuePair<string, string>? calibratedOn = Named(
                arguments.GetValue(calibration),
                calibrated,
                folder,
                isFromHub ? UsualCalibrationSet : null);
            KeyValuePair<string, string>? measuredOn = Named(
                arguments.GetValue(evaluation),
                measured,
                folder,
                isFromHub ? UsualEvaluationSet : null);
            string recipe = RecipeTemplate.Write(
                definition,
                ModelName.Of(directory),
                isFromHub ? HubAddress.Parse(named, RepositoryKind.Model).ToString() : Relative(folder, directory),
                calibratedOn,
                measuredOn,
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
                    foreach (string step in Next(path, calibratedOn is null, measuredOn is null, missing))
                    {
                        console.WriteLine(step);
                    }
                });
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("init models/opt-125m", $"Write pruning.yaml for a model, with {UsualCalibration} and "
                + $"{UsualEvaluation} as its texts if they are there."),
            new(
                "init hf://Qwen/Qwen3-0.6B",
                "The same for a model of the hub, with texts from there where none are named."),
            new(
                "init models/opt-125m --calibration train.txt --evaluation heldout.txt -o recipes/opt.yaml",
                "Name the texts and the recipe."),
        ]);
    }

    /// <summary>The file of the text that is asked for, or the usual one if it is there; null where the hub has it, or
    /// there is none.</summary>
    private static string? Text(string? asked, string usual) =>
        asked is not null ? IsOnHub(asked) ? null : Path.GetFullPath(asked)
        : File.Exists(usual) ? Path.GetFullPath(usual)
        : null;

    /// <summary>What says in a recipe which text is meant.</summary>
    private static KeyValuePair<string, string>? Named(string? asked, string? file, string folder, string? usualSet) =>
        file is not null ? RecipeTemplate.Text(Relative(folder, file), null)
        : asked is not null && HubAddress.IsMeant(asked)
            ? RecipeTemplate.Text(HubAddress.Parse(asked, RepositoryKind.Dataset).ToString(), null)
            : RecipeTemplate.Text(null, asked ?? usualSet);

    /// <summary>Whether a text is an address on the hub, or a data set that recipes know by name.</summary>
    private static bool IsOnHub(string asked)
        => HubAddress.IsMeant(asked) || (NamedDataSet.Find(asked) is not null && !Path.Exists(asked));

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
            (true, true) => "there is no text to calibrate on and none to measure on, so it prunes by magnitude and "
                + "measures nothing",
            (true, false) => "there is no text to calibrate on, so it prunes by magnitude",
            (false, true) => "there is no text to measure on, so it measures nothing",
            _ => "",
        };
        if (lacking.Length > 0)
        {
            yield return $"{lacking}. Better: name one at each {RecipeTemplate.Mark} in the recipe, or call init again "
                + $"with {Options(lacksCalibration, lacksEvaluation)} and --force";
        }

        yield return missing.Length > 0 ? $"then {build} makes its artifacts" : $"{build} makes its artifacts";
    }

    private static string Options(bool lacksCalibration, bool lacksEvaluation) =>
        string.Join(" and ", ((string[])[lacksCalibration ? "--calibration FILE" : "", lacksEvaluation
            ? "--evaluation FILE"
            : ""]).Where(option => option.Length > 0));

    private static string Relative(string folder, string path)
        => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>Writes a file that is whole, or as it was.</summary>
    private static void Write(string path, string text)
    {
        string temporary = Path.Combine(
            Path.GetDirectoryName(Path.GetFullPath(path))!,
            Path.GetRandomFileName() + ".tmp");
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
