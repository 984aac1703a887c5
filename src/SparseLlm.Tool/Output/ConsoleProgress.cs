using System.Globalization;
using SparseLlm.Hub;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Executors;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Tool.Output;

/// <summary>Progress as plain lines on standard error: one per decoder layer, with the error and the time
/// left.</summary>
internal sealed class ConsoleProgress(bool quiet) : IProgress<BuildProgress>
{
    private readonly List<double> errors = [];
    private readonly List<string> patterns = [];
    private readonly BuildPace pace = new(TimeProvider.System);
    private readonly UnitLines units = new();
    private DownloadPace? downloads;

    /// <inheritdoc/>
    public void Report(BuildProgress value)
    {
        pace.Take(value);
        switch (value)
        {
            case Notice notice:
                Terminal.Show(notice.Diagnostic);
                break;
            case DownloadStarted download when !quiet:
                downloads = new DownloadPace(TimeProvider.System);
                Terminal.Progress(Describe(download));
                break;
            case DownloadStep step when !quiet && downloads?.Take(step) == true:
                Terminal.Progress($"{step.Source}: {downloads}");
                break;
            case EngineStarted engine when !quiet:
                Terminal.Progress($"computing on {engine.Description}");
                break;
            case EngineOutput output:
                Terminal.Progress($"  {output.Line}");
                break;
            case PruningStep { Progress: MatrixPruned { Report: var report } }:
                patterns.Add(report.Pattern);
                if (report.RelativeError is { } error)
                {
                    errors.Add(error);
                }

                break;
            case PruningStep { Progress: LayerFinished finished } step when !quiet:
                Write(step.Artifact, finished);
                break;
            case PruningStep { Progress: GlobalEpochFinished epoch } step when !quiet:
                Terminal.Progress($"{step.Artifact}: {Describe(epoch, pace)}");
                break;
            case PruningStep { Progress: GlobalEpochsRestored restored } step when !quiet:
                Terminal.Progress($"{step.Artifact}: {Describe(restored)}");
                break;
            case PruningStep { Progress: GlobalTuningFinished tuned } step when !quiet:
                Terminal.Progress($"{step.Artifact}: {Describe(tuned)}");
                break;
            case EvaluationStep { Done: var done, Layers: var layers } step when !quiet && done == layers:
                Terminal.Progress($"{step.Model}: perplexity measured on {step.Text}");
                break;
            case PackingStep packing when !quiet && packing.Percent % 25 == 0:
                Terminal.Progress(
                    string.Create(CultureInfo.InvariantCulture,
                        $"{packing.Model}: {packing.Work}, {packing.Percent} %"));
                break;
            case PruningStep { Progress: LayerRestored restored } step when !quiet:
                Terminal.Progress($"{step.Artifact}: layer {restored.Layer + 1}/{restored.Layers} from the cache");
                break;
            case Exporting exporting when !quiet:
                Terminal.Progress($"{exporting.Artifact}: writing {exporting.File}");
                break;
            case Waiting waiting when !quiet:
                Terminal.Progress($"{waiting.Artifact}: another build makes it; waiting");
                break;
            case UnitsStep step when !quiet:
                foreach (string line in units.Changes(step))
                {
                    Terminal.Progress(line);
                }

                break;
            case JobsLeft left:
                Terminal.Progress(Describe(left));
                break;
            case Interrupted interrupted:
                Terminal.Progress(Describe(interrupted));
                break;
            case ArtifactDone { Outcome: var outcome } when !quiet
                && (outcome.Origin != ArtifactOrigin.Pruned || pace.Position is not null):
                Terminal.Progress(Describe(outcome) + InSweep(pace));
                break;
        }
    }

    /// <summary>How a pass over all layers went, and how much longer the others take.</summary>
    public static string Describe(GlobalEpochFinished epoch, BuildPace pace) => string.Create(
        CultureInfo.InvariantCulture,
        $"pass {epoch.Epoch}/{epoch.Epochs} over all layers, loss {Loss(epoch.Report.Loss)}")
        + (epoch.Report.HeldBackLoss is { } heldBack ? $", on held-back windows {Loss(heldBack)}" : "")
        + (pace.StepLeft is { } left ? $", about {Seconds(left)} of tuning left" : "");

    /// <summary>Which passes over all layers need not be made again.</summary>
    public static string Describe(GlobalEpochsRestored restored) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(restored.Epoch == 1 ? "pass 1" : $"passes 1 to {restored.Epoch}")} of {restored.Epochs} over all layers "
        + $"from the cache");

    /// <summary>What the passes over all layers have brought.</summary>
    public static string Describe(GlobalTuningFinished tuned)
    {
        GlobalReport report = tuned.Report;
        string stays = report switch
        {
            { Kept: 0 } => "the model stays as it was before all passes",
            { HeldBackBefore: { } before } when report.Epochs[report.Kept - 1].HeldBackLoss is { } after
                => $"the model after pass {report.Kept} is the best: loss on held-back windows {Loss(after)}, "
                    + $"{Loss(before)} before all passes",
            _ => $"the model after pass {report.Kept} is taken",
        };
        if (report.Epochs is [.., { Loss: null }])
        {
            stays += "; the loss of the last was not finite";
        }

        return report.Epochs.Count < tuned.Epochs
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{stays}; ended after {report.Epochs.Count} of {tuned.Epochs} passes")
            : stays;
    }

    private static string Loss(double? loss)
        => loss?.ToString("0.00000", CultureInfo.InvariantCulture) ?? "not finite";

    /// <summary>What is to be downloaded, and how much that is.</summary>
    public static string Describe(DownloadStarted download) => string.Create(
        CultureInfo.InvariantCulture,
        $"downloading {download.Source} at {HubAddress.Short(download.Commit)}: {download.Files} "
        + $"file{(download.Files == 1 ? "" : "s")}, {ByteSize.Format(download.Bytes)}");

    /// <summary>What a build that was stopped has kept.</summary>
    public static string Describe(Interrupted interrupted) =>
        $"{interrupted.Artifact}: stopped; " + (interrupted.Kept == 0
            ? "no layer is kept"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{interrupted.Kept} of {interrupted.Layers} layers{Passes(interrupted.Passes)} are kept, and the next "
                + $"build resumes after them"));

    private static string Passes(int count) => count switch
    {
        0 => "",
        1 => " and 1 pass over all of them",
        _ => string.Create(CultureInfo.InvariantCulture, $" and {count} passes over all of them"),
    };

    /// <summary>What goes on after a build that was stopped.</summary>
    public static string Describe(JobsLeft left) =>
        $"the jobs go on: the same command finds them again, and '{left.Cancel}' cancels them";

    /// <summary>What has become of an artifact.</summary>
    public static string Describe(ArtifactOutcome outcome) => $"{outcome.Name}: " + outcome.Origin switch
    {
        ArtifactOrigin.UpToDate => "up to date",
        ArtifactOrigin.MeasuredAgain => "up to date, and measured again",
        ArtifactOrigin.Exported => outcome.Manifest.Exports.Count == 0
            ? "up to date"
            : $"up to date, with {string.Join(", ", outcome.Manifest.Exports.Select(export => export.File))}",
        ArtifactOrigin.Cache => "from the cache",
        ArtifactOrigin.Encoded => $"{EncodingText.Work(outcome.Manifest.Encoding)}ed",
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"{SparsityText.Done(outcome.Manifest)} in {outcome.Manifest.Seconds:0.0} s"),
    };

    /// <summary>Ends a line about an artifact of several.</summary>
    public static string InSweep(BuildPace pace) => pace.Position is { } position ? $" ({position})" : "";

    private void Write(string artifact, LayerFinished finished)
    {
        string error = errors.Count == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", mean relative error {errors.Average():0.0000}");
        errors.Clear();

        // A matrix of which nothing is pruned is here for its codes.
        bool isWhole = patterns.Count > 0 && patterns.All(pattern => pattern == ArtifactInputs.Dense);
        string work = isWhole ? "quantised" : "pruned";
        patterns.Clear();
        string left = (pace.BuildLeft, pace.StepLeft) switch
        {
            ({ } all, _) => $", about {Seconds(all)} left for all",
            (_, { } own) => $", about {Seconds(own)} of pruning left",
            _ => "",
        };
        Terminal.Progress(string.Create(
            CultureInfo.InvariantCulture,
            $"{artifact}: layer {finished.Layer + 1}/{finished.Layers} {work}{error}, {Seconds(finished.Elapsed)} "
            + $"elapsed{left}{InSweep(pace)}"));
    }

    private static string Seconds(TimeSpan time)
        => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
