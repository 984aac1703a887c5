using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Executors;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Results;
using static System.FormattableString;

namespace SparseLlm.Tool.Output;

/// <summary>The work that goes on now, from what the build says of it. What is finished goes to the terminal's
/// lines.</summary>
internal sealed class CurrentWork
{
    private readonly UnitLines units = new();
    private DownloadPace? downloads;

    /// <summary>How far the build is, and how much longer it takes.</summary>
    public BuildPace Pace { get; } = new(TimeProvider.System);

    /// <summary>What is being made; empty where nothing goes on.</summary>
    public string Title { get; private set; } = "";

    /// <summary>What about it does not change meanwhile.</summary>
    public string Facts { get; private set; } = "";

    /// <summary>What is done to it: pruning, measuring.</summary>
    public string Goal { get; private set; } = "";

    /// <summary>The last step that was heard of.</summary>
    public string Step { get; private set; } = "";

    /// <summary>How much of <see cref="Total"/> is done.</summary>
    public double Done { get; private set; }

    /// <summary>All that is to do, at least 1.</summary>
    public int Total { get; private set; } = 1;

    /// <summary>The process that computes.</summary>
    public int EngineProcess { get; private set; } = Environment.ProcessId;

    /// <summary>Takes note of what happens, and lets what is finished scroll away.</summary>
    public void Take(BuildProgress value)
    {
        Pace.Take(value);
        switch (value)
        {
            case Notice notice:
                Terminal.Show(notice.Diagnostic);
                break;
            case DownloadStarted download:
                downloads = new DownloadPace(TimeProvider.System);
                Terminal.Progress(ConsoleProgress.Describe(download));
                Begin(download.Source, "downloading", "");
                break;
            case DownloadStep download:
                downloads?.Take(download);
                (Done, Total, Facts) = (download.Done / Math.Max(1.0, download.Total), 1, download.File);
                Step = downloads?.ToString() ?? "";
                break;
            case EngineStarted engine:
                EngineProcess = engine.ProcessId;
                Terminal.Progress($"computing on {engine.Description}");
                break;
            case EngineOutput output:
                Terminal.Progress($"  {output.Line}");
                break;
            case PruningStarted started:
                string tokens = started.Tokens == 0 ? "" : Invariant($", {started.Tokens:N0} calibration tokens");
                Begin(started.Artifact, "pruning", $"{started.Method} {started.Pattern}{tokens}");
                break;
            case PruningStep pruning:
                Take(pruning.Progress);
                break;
            case EvaluationStep evaluation:
                string measured = $"perplexity of {evaluation.Model} on {evaluation.Text}";
                if (Title != measured)
                {
                    Begin(measured, "measuring", "");
                }

                (Done, Total) = (evaluation.Done, evaluation.Layers);
                Step = $"layer {evaluation.Done}/{evaluation.Layers}";
                break;
            case Exporting exporting:
                Begin(exporting.Artifact, "writing", $"writing {exporting.File}");
                break;
            case PackingStep packing:
                if (Title != packing.Model || Goal != packing.Work)
                {
                    Begin(packing.Model, packing.Work, packing.Work);
                }

                (Done, Total) = (packing.Percent, 100);
                Step = Invariant($"{packing.Percent} %");
                break;
            case UnitsStep step:
                Take(step);
                break;
            case Waiting waiting:
                Begin(waiting.Artifact, "waiting", "another build makes it; waiting");
                break;
            case ArtifactDone { Outcome: var outcome }:
                Terminal.Progress(ConsoleProgress.Describe(outcome) + ConsoleProgress.InSweep(Pace));
                Title = "";
                break;
            case JobsLeft left:
                Terminal.Progress(ConsoleProgress.Describe(left));
                break;
            case Interrupted interrupted:
                Terminal.Progress(ConsoleProgress.Describe(interrupted));
                break;
        }
    }

    private void Take(UnitsStep step)
    {
        foreach (string line in units.Changes(step, isBrief: true))
        {
            Terminal.Progress(line);
        }

        int done = step.Units.Count(unit => unit.Phase == UnitPhase.Done);
        Title = done == step.Units.Count ? "" : Invariant($"{done} of {step.Units.Count} artifacts are in the cache");
        UnitProgress[] running = [.. step.Units.Where(unit => unit.Phase == UnitPhase.Running)];
        Facts = Invariant($"{running.Length} running, {step.Units.Count - done - running.Length} waiting");
        (Done, Total) = (
            step.Units.Sum(unit => unit.LayersDone),
            Math.Max(1, step.Units.Sum(unit => unit.Layers)));
        Step = string.Join(", ", running.Select(unit => Invariant($"{unit.Artifact} {unit.LayersDone}/{unit.Layers}")));
    }

    private void Take(PruningProgress progress)
    {
        switch (progress)
        {
            case LayerMeasured measured:
                At(measured.Layer + 1, measured.Layers, "measured, to spread the budget");
                break;
            case LayerRestored restored:
                At(restored.Layer + 1, restored.Layers, "from the cache");
                break;
            case LayerReplayed replayed:
                At(replayed.Layer + 1, replayed.Layers, "activations taken through");
                break;
            case LayerStarted started:
                At(started.Layer, started.Layers, "");
                Step = Invariant($"layer {started.Layer + 1}/{started.Layers}");
                break;
            case MatrixPruned matrix:
                string error = matrix.Report.RelativeError is { } relative
                    ? Invariant($" error {relative:0.0000}")
                    : "";
                string shortName = matrix.Report.Name.Split('.') is [.., var name, _] ? name : matrix.Report.Name;
                Step = Invariant($"layer {matrix.Layer + 1}/{Total} {shortName}{error}");
                break;
            case LayerFinished finished:
                At(finished.Layer + 1, finished.Layers, "");
                break;
            case GlobalEpochsRestored restored:
                Terminal.Progress($"{Title}: {ConsoleProgress.Describe(restored)}");
                break;
            case GlobalStep step:
                (Goal, Done, Total) = ("tuning", step.Step, step.Steps);
                Step = Invariant($"all layers together, step {step.Step}/{step.Steps}, loss {step.Loss:0.00000}");
                break;
            case GlobalEpochFinished epoch:
                Terminal.Progress($"{Title}: {ConsoleProgress.Describe(epoch, Pace)}");
                break;
            case GlobalTuningFinished tuned:
                Terminal.Progress($"{Title}: {ConsoleProgress.Describe(tuned)}");
                break;
        }
    }

    private void Begin(string what, string toDo, string detail)
        => (Title, Goal, Facts, Step, Done, Total) = (what, toDo, detail, "", 0, 1);

    private void At(int layer, int of, string what)
    {
        (Done, Total) = (layer, of);
        Step = Invariant($"layer {layer}/{of} {what}");
    }
}
