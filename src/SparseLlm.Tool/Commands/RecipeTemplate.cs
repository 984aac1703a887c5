using System.Globalization;
using System.Text;
using NuGet.Versioning;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Commands;

/// <summary>
/// The recipe that <c>init</c> writes. Whatever the names in it, it is valid once its texts are there. Where it is
/// given none it is valid as it is: it prunes by magnitude, the one method that needs no text, and what to put in is
/// marked by <see cref="Mark"/>.
/// </summary>
internal static class RecipeTemplate
{
    /// <summary>Begins the comments that say what to put in.</summary>
    public const string Mark = "TODO";

    private const string WithoutCalibration = $"magnitude   # {Mark}: sparsellm, once there is a calibration text";

    /// <summary>The recipe's text.</summary>
    /// <param name="definition">The model.</param>
    /// <param name="name">What the model's directory is called.</param>
    /// <param name="model">The model's directory as the recipe is to name it.</param>
    /// <param name="calibration">The key and the value that say what to calibrate on; null where there is nothing
    /// yet.</param>
    /// <param name="evaluation">The key and the value that say what to measure on; null where there is nothing
    /// yet.</param>
    /// <param name="schema">The schema, likewise.</param>
    /// <exception cref="Diagnostics.DiagnosticException">A recipe cannot name one of them.</exception>
    public static string Write(
        ModelDefinition definition,
        string name,
        string model,
        KeyValuePair<string, string>? calibration,
        KeyValuePair<string, string>? evaluation,
        string schema)
    {
        // A variable can stand in the path of a text, but this directory is there as it is called.
        if (model.Contains("${", StringComparison.Ordinal))
        {
            throw ToolDiagnostics.InitImpossible.Error(null, $"a recipe cannot name '{model}', because it takes '${{' "
                + $"for the beginning of a variable; rename the directory");
        }

        return $"""
            # yaml-language-server: $schema={schema}
            version: 1
            requires: "{Requirement(ToolVersion.Current)}"
            # {definition.Architecture}, {definition.Layers.Count} decoder layers
            model: {Quote(model)}
            {Calibration(calibration, CalibrationTokens.DefaultSequenceLength(definition.MaximumLength))}
            {Evaluation(evaluation)}
            defaults:
              method: {(calibration is null ? WithoutCalibration : "sparsellm")}
              # encoding: sparse   # packed, without the zeros; other programs load it once it is unpacked
            artifacts:
              {ArtifactNames.From(name, "-50")}:
                sparsity: 0.5
            {Gates(evaluation)}
              {ArtifactNames.From(name, "-2of4")}:
                pattern: "2:4"

            """;
    }

    /// <summary>What says which text is meant: its path, else a data set that recipes know by name; null where there is
    /// neither.</summary>
    public static KeyValuePair<string, string>? Text(string? path, string? dataset) =>
        path is not null
            ? KeyValuePair.Create("text", path)
            : dataset is not null ? KeyValuePair.Create("dataset", dataset) : null;

    private static string Calibration(KeyValuePair<string, string>? text, int sequenceLength)
    {
        (string key, string value) = text ?? KeyValuePair.Create("text", InitCommand.UsualCalibration);
        string section = string.Create(CultureInfo.InvariantCulture, $"""
            calibration:
              {key}: {Quote(value)}
              samples: 128
              sequenceLength: {sequenceLength}
            """);
        return text is null
            ? $"# {Mark}: a text to calibrate on, which every method but magnitude needs\n{Commented(section)}"
            : section;
    }

    private static string Evaluation(KeyValuePair<string, string>? text)
    {
        (string key, string value) = text ?? KeyValuePair.Create("text", InitCommand.UsualEvaluation);
        string section = $"""
            evaluation:
              perplexity:
                {MeasuredOn(text)}: {(key == "text" ? Quote(value) : $"{{ {key}: {value} }}")}
            """;
        return text is null
            ? $"# {Mark}: a text to measure perplexity on, another one than for calibration\n{Commented(section)}"
            : section;
    }

    private static string Gates(KeyValuePair<string, string>? evaluation)
    {
        string gates = $$"""
                gates:
                  {{MeasuredOn(evaluation)}}: { maxIncrease: 10% }
                  # maxSize: 75%   # of what the dense model's weights take on disk
            """;
        return evaluation is null
            ? $"# {Mark}: with a text to measure on, a limit that fails the build\n{Commented(gates)}"
            : gates;
    }

    /// <summary>What the perplexity is called.</summary>
    private static string MeasuredOn(KeyValuePair<string, string>? text)
        => text is { Key: "dataset" } set ? set.Value : "prose";

    private static string Commented(string lines) => string.Join('\n', lines.Split('\n').Select(line => $"# {line}"));

    /// <summary>The versions of the tool that read what this one writes. A prerelease comes before the version that it
    /// is of.</summary>
    public static string Requirement(NuGetVersion version)
    {
        string from = version.IsPrerelease ? version.ToNormalizedString() : version.Version.ToString(2);
        return string.Create(CultureInfo.InvariantCulture, $"[{from},{version.Major + 1}.0)");
    }

    /// <summary>A value in YAML's double quotes, the one style that can hold any character.</summary>
    private static string Quote(string text)
    {
        if (text.Any(char.IsControl))
        {
            throw ToolDiagnostics.InitImpossible.Error(null, $"a recipe cannot name '{text}', because there is a "
                + $"control character in it; rename the file or directory");
        }

        var quoted = new StringBuilder("\"");
        foreach (char unit in text)
        {
            quoted.Append(unit switch
            {
                '"' or '\\' => $"\\{unit}",

                // A line break to YAML, which would fold it into a space, and a mark that it would skip.
                '\u2028' or '\u2029' or '\uFEFF' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}"),
                _ => unit.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
