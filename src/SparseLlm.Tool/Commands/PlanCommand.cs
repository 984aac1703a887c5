using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm plan [RECIPE]</c>: what a build would do, and what it would find in the cache.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var options = new PlanOptions();
        Option<string[]> artifact = RecipeFile.Artifact();
        var command = new Command("plan", "Show what a build would do, without doing it.") { artifact };
        options.AddTo(command);
        command.SetWork((arguments, cancellation) => options.WithPlan(arguments, cancellation, (plan, directory) =>
        {
            IReadOnlyList<ArtifactPlan> artifacts = plan.Plan(arguments.GetValue(artifact) ?? [], cancellation);
            foreach (Diagnostic warning in artifacts.SelectMany(planned => planned.Warnings))
            {
                Terminal.Show(warning);
            }

            new Terminal(arguments.GetValue(options.Json)).Result(
                new
                {
                    FormatVersion = 1,
                    Artifacts = artifacts.Select(planned => new
                    {
                        planned.Artifact.Name,
                        Action = JsonNamingPolicy.CamelCase.ConvertName(planned.Action.ToString()),
                        Output = planned.Request.Output,
                        planned.Keys.Artifact,
                        Encoding = planned.Request.Encoding.Name(),
                        Quantization = QuantizationText.Record(planned.Request.Settings.Quantization),
                        planned.Size.Bytes,
                        BytesAreEstimated = planned.Size.IsEstimate,
                        Layers = planned.Keys.Layers.Select((key, index)
                            => new { Index = index, Key = key, Cached = planned.CachedLayers.Contains(index) }),
                        Passes = planned.Keys.Epochs.Count,
                        PassesCached = planned.CachedEpochs,
                        Measurements = planned.Measurements.Select(measurement => new
                        {
                            measurement
                            .Artifact,
                            measurement.Text,
                            measurement.Key,
                            Cached = measurement.IsCached
                        }),
                        Exports = planned.Exports.Select(export => new { export.File, Cached = export.IsCached }),
                    }),
                },
                console => Show(artifacts, directory, console));
            return ExitCodes.Done;
        }));
        return command.WithExamples(
        [
            new("plan", "What a build of pruning.yaml here would do."),
            new("plan --artifact opt-50", "The same for one artifact."),
            new("plan --project src/App -c Release", "What a build of a project would do about its recipe."),
        ]);
    }

    private static void Show(IReadOnlyList<ArtifactPlan> artifacts, string directory, TextOutput console)
    {
        console.WriteTable(["artifact", "method?", "sparsity#", "bits?", "what would be done", "size#?"], artifacts
            .Select(planned => (string[])
                [
                    planned.Artifact.Name,
                    planned.Artifact.Settings.Method.ToString().ToLowerInvariant(),
                    SparsityText.Of(planned.Artifact.Pattern),
                    QuantizationText.Of(planned.Request.Settings.Quantization),
                    Describe(planned),
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{(planned.Size.IsEstimate ? "about " : "")}{planned.Size.Bytes / 1e6:0.0} MB"),
                ]));
        console.WriteLine($"in {directory}");
    }

    private static string Describe(ArtifactPlan planned)
    {
        int count = planned.MissingMeasurements.Count;
        string measure = count == 1
            ? "measure 1 perplexity"
            : FormattableString.Invariant($"measure {count} perplexities");
        string exports = Exports(planned);
        return planned.Action switch
        {
            PlannedAction.Measure => (count == 0 ? "take its perplexity from the cache" : measure)
                + (exports.Length == 0 ? "" : $", {exports}"),
            PlannedAction.Export => exports.Length == 0 ? "bring its GGUF files in line with the recipe" : exports,
            _ => string.Join(
                ", ",
                ((string[])[Model(planned), count == 0 ? "" : measure, exports]).Where(part => part.Length > 0)),
        };
    }

    /// <summary>What would be done about GGUF files.</summary>
    private static string Exports(ArtifactPlan planned) => string.Join(
        ", ", planned.Exports
            .Select(export => export.IsCached ? $"take {export.File} from the cache" : $"write {export.File}"));

    /// <summary>What would be done about the model itself.</summary>
    private static string Model(ArtifactPlan planned) => planned.Action switch
    {
        PlannedAction.None or PlannedAction.Measure => "nothing: up to date",
        PlannedAction.Restore => "take it from the cache",
        PlannedAction.Encode => EncodingText.Work(planned.Request.Encoding) + " it",
        _ => Layers(planned) + Passes(planned),
    };

    private static string Layers(ArtifactPlan planned) => planned switch
    {
        { MissingLayers.Count: 0 } => "put it together from layers in the cache",
        { CachedLayers.Count: 0 } => $"{Work(planned)} {planned.Keys.Layers.Count} layers",
        _ => $"{Work(planned)} {LayerRanges.Describe(planned.MissingLayers)}; "
            + $"{LayerRanges.Describe(planned.CachedLayers)} from the cache",
    };

    private static string Work(ArtifactPlan planned) => planned.Inputs switch
    {
        { IsOnlyQuantized: true } => "quantise",
        { Quantization: not null } => "prune and quantise",
        _ => "prune",
    };

    private static string Passes(ArtifactPlan planned) => planned.Keys.Epochs.Count switch
    {
        0 => "",
        1 => "; tune all layers together in one pass",
        var passes => string.Create(CultureInfo.InvariantCulture, $"; tune all layers together in {passes} passes"),
    } + planned.CachedEpochs switch
    {
        0 => "",
        1 => ", the first from the cache",
        var cached => string.Create(CultureInfo.InvariantCulture, $", the first {cached} from the cache"),
    };
}
