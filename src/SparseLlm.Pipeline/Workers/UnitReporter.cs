using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Units;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Workers;

/// <summary>Writes a unit's status while it is worked on, and notices when its worker's time is up.</summary>
/// <param name="unit">The unit.</param>
/// <param name="folder">The folder for the status; null where nobody watches.</param>
/// <param name="clock">The worker's time.</param>
/// <param name="next">Told everything too.</param>
internal sealed class UnitReporter(
    UnitOfWork unit,
    string? folder,
    WorkClock clock,
    IProgress<BuildProgress>? next) : IProgress<BuildProgress>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Stopwatch sinceWritten = new();
    private string step = "";
    private int layersDone = unit.LayersDone;
    private bool isTuning;
    private bool isEnded;

    /// <summary>Another layer, or another pass over all of them, would take longer than there is time.</summary>
    public event Action? TimeIsUp;

    /// <summary>A layer or a pass over all of them is finished, and those before it are stored where that
    /// works.</summary>
    public event Action? StepIsDone;

    /// <inheritdoc/>
    public void Report(BuildProgress value)
    {
        next?.Report(value);
        switch (value)
        {
            case PruningStep { Progress: LayerStarted started }:
                clock.Begin();
                Say($"layer {started.Layer + 1} of {started.Layers}", layersDone);
                break;
            case PruningStep { Progress: LayerFinished finished }:
                Say($"layer {finished.Layer + 1} of {finished.Layers} pruned", finished.Layer + 1);
                EndStep(isLast: finished.Layer + 1 == finished.Layers);
                break;
            case PruningStep { Progress: GlobalStep } when !isTuning:
                isTuning = true;
                clock.Begin();
                break;
            case PruningStep { Progress: GlobalEpochFinished epoch }:
                Say($"pass {epoch.Epoch} of {epoch.Epochs} over all layers", layersDone, isStep: true);
                EndStep(isLast: epoch.Epoch == epoch.Epochs);
                break;
            case EvaluationStep evaluation:
                Say($"measuring perplexity of {evaluation.Model} on {evaluation.Text}", layersDone);
                break;
            case Exporting exporting:
                Say($"writing {exporting.File}", layersDone);
                break;
            case Waiting:
                Say("waiting for another that makes it", layersDone);
                break;
        }
    }

    /// <summary>Writes what has become of it.</summary>
    public UnitOutcome End(UnitState state, IReadOnlyList<Diagnostic> errors)
    {
        isEnded = true;
        Write(state, errors);
        return new UnitOutcome(unit.Name, state, errors);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!isEnded)
        {
            Write(UnitState.Failed, []);
        }
    }

    private void EndStep(bool isLast)
    {
        StepIsDone?.Invoke();
        if (!isLast && !clock.Finish())
        {
            TimeIsUp?.Invoke();
        }
    }

    private void Say(string what, int layers, bool isStep = false)
    {
        bool isNew = isStep || layers != layersDone || sinceWritten.Elapsed >= Interval || !sinceWritten.IsRunning;
        (step, layersDone) = (what, layers);
        if (isNew)
        {
            Write(UnitState.Running, []);
        }
    }

    private void Write(UnitState state, IReadOnlyList<Diagnostic> errors)
    {
        if (folder is not null)
        {
            new UnitStatus(
                unit.Key,
                state,
                Environment.MachineName,
                step,
                layersDone,
                [.. errors.Select(UnitFailure.Of)]).TryWrite(RunFolder.StatusIn(folder, unit.Name));
            sinceWritten.Restart();
        }
    }
}
