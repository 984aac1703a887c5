using System.Globalization;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Methods;

namespace SparseLlm.Tool.Output;

/// <summary>Progress as plain lines on standard error: one per decoder layer, with the error and the time left.</summary>
internal sealed class ConsoleProgress(bool quiet) : IProgress<BuildProgress>
{
    private readonly List<double> errors = [];

    /// <inheritdoc/>
    public void Report(BuildProgress value)
    {
        switch (value)
        {
            case Notice notice:
                Terminal.Show(notice.Diagnostic);
                break;
            case EngineStarted engine when !quiet:
                Terminal.Progress($"computing on {engine.Description}");
                break;
            case EngineOutput output:
                Terminal.Progress($"  {output.Line}");
                break;
            case PruningStep { Progress: MatrixPruned { Report.RelativeError: { } error } }:
                errors.Add(error);
                break;
            case PruningStep { Progress: LayerFinished finished } step when !quiet:
                Write(step.Artifact, finished);
                break;
            case EvaluationStep { Done: var done, Layers: var layers } step when !quiet && done == layers:
                Terminal.Progress($"{step.Model}: perplexity measured on {step.Text}");
                break;
            case PruningStep { Progress: LayerRestored restored } step when !quiet:
                Terminal.Progress($"{step.Artifact}: layer {restored.Layer + 1}/{restored.Layers} from the cache");
                break;
            case Waiting waiting when !quiet:
                Terminal.Progress($"{waiting.Artifact}: another build makes it; waiting");
                break;
            case Interrupted interrupted:
                Terminal.Progress(Describe(interrupted));
                break;
            case ArtifactDone { Outcome: { Origin: ArtifactOrigin.UpToDate } outcome } when !quiet:
                Terminal.Progress($"{outcome.Name}: up to date");
                break;
            case ArtifactDone { Outcome: { Origin: ArtifactOrigin.Cache } outcome } when !quiet:
                Terminal.Progress($"{outcome.Name}: from the cache");
                break;
        }
    }

    /// <summary>What a build that was stopped has kept.</summary>
    public static string Describe(Interrupted interrupted) =>
        $"{interrupted.Artifact}: stopped; {interrupted.Kept} of {interrupted.Layers} layers are kept, and the next build goes on behind them";

    private void Write(string artifact, LayerFinished finished)
    {
        int done = finished.Layer + 1;
        TimeSpan left = finished.Elapsed / done * (finished.Layers - done);
        string error = errors.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", mean relative error {errors.Average():0.0000}");
        errors.Clear();
        Terminal.Progress(string.Create(
            CultureInfo.InvariantCulture,
            $"{artifact}: layer {done}/{finished.Layers} pruned{error}, {finished.Elapsed.TotalSeconds:0.0} s elapsed, about {left.TotalSeconds:0.0} s left"));
    }
}
