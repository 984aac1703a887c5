using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>Units that are being computed by Slurm.</summary>
/// <param name="options">How.</param>
/// <param name="units">The units; their places are their numbers.</param>
/// <param name="folder">The folder of the run.</param>
/// <param name="queue">Its jobs.</param>
/// <param name="results">Their results.</param>
/// <param name="progress">Told how far they are.</param>
internal sealed class SlurmRun(
    SlurmOptions options,
    IReadOnlyList<UnitOfWork> units,
    RunFolder folder,
    SlurmQueue queue,
    UnitResults results,
    IProgress<BuildProgress>? progress)
{
    // A job may be missing from the queue for a moment after it was submitted, and a file system may show late what a
    // node has written.
    private const int LooksBeforeLost = 3;

    private static readonly string[] FinalCodes = ["SLM1", "SLM2", "SLM3"];

    private readonly UnitTracking[] tracked = [.. units.Select(
        unit => new UnitTracking(unit) { IsDone = !unit.IsMissing })];
    private readonly List<Diagnostic> failures = [];
    private readonly HashSet<int> given = [];

    private IEnumerable<int> Open => Enumerable.Range(0, tracked.Length)
        .Where(unit => !tracked[unit].IsDone && !given.Contains(unit));

    /// <summary>Whether anything was submitted, now or by an earlier process.</summary>
    public bool HasJobs => tracked.Any(unit => unit.Job is not null);

    /// <summary>Finds the jobs that an earlier process has submitted.</summary>
    public void FindJobs(CancellationToken cancellation)
    {
        foreach ((int unit, ArrayTask task) in Ask(cancellation))
        {
            if (unit < tracked.Length && task.IsActive)
            {
                (tracked[unit].Job, tracked[unit].Task) = (task.Job, task);
            }
        }
    }

    /// <summary>Submits what is missing and has no job.</summary>
    /// <exception cref="DiagnosticException">Slurm refuses.</exception>
    public void Submit(CancellationToken cancellation)
    {
        int[] waiting = [.. Open.Where(unit => tracked[unit].Job is null)];
        if (waiting.Length == 0)
        {
            return;
        }

        foreach (int unit in waiting)
        {
            // What it says there is of an earlier job.
            File.Delete(folder.Status(units[unit].Name));
        }

        foreach ((int unit, long job) in queue.Submit(folder.Script, folder.Path, waiting, cancellation))
        {
            (tracked[unit].Job, tracked[unit].Task, tracked[unit].Status) = (job, null, null);
            tracked[unit].StepsAtStart = tracked[unit].Unit.StepsDone;
            tracked[unit].LooksWithoutJob = 0;
        }
    }

    /// <summary>Waits until no unit is open.</summary>
    /// <exception cref="DiagnosticException">Some cannot be done.</exception>
    public void Watch(CancellationToken cancellation)
    {
        Report();
        while (Open.Any())
        {
            cancellation.WaitHandle.WaitOne(options.Interval);
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyDictionary<int, ArrayTask> tasks = Ask(cancellation);
            foreach (int unit in Open.ToArray())
            {
                Look(unit, tasks.GetValueOrDefault(unit));
            }

            Submit(cancellation);
            Report();
        }

        if (failures.Count > 0)
        {
            throw new DiagnosticException(failures);
        }
    }

    private IReadOnlyDictionary<int, ArrayTask> Ask(CancellationToken cancellation)
    {
        var silence = Stopwatch.StartNew();
        while (true)
        {
            if (queue.Tasks(units.Count, cancellation) is { } tasks)
            {
                return tasks;
            }

            if (silence.Elapsed > options.Patience)
            {
                throw PipelineDiagnostics.SlurmSilent.Error(null, FormattableString.Invariant(
                    $"Slurm's controller has not answered for {options.Patience.TotalMinutes:0.#} minutes; jobs that ")
                    + "it has go on, and the same command finds them again");
            }

            cancellation.WaitHandle.WaitOne(options.Interval);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private void Look(int number, ArrayTask? task)
    {
        UnitTracking unit = tracked[number];
        if (unit.IsElsewhere)
        {
            LookElsewhere(unit);
            return;
        }

        unit.Status = UnitStatus.TryRead(folder.Status(unit.Unit.Name)) ?? unit.Status;
        if (task is null || task.Job < unit.Job)
        {
            if (++unit.LooksWithoutJob >= LooksBeforeLost)
            {
                Conclude(number, JobState.Lost);
            }

            return;
        }

        (unit.Task, unit.LooksWithoutJob) = (task, 0);
        if (!task.IsActive)
        {
            Conclude(number, task.State);
        }
    }

    /// <summary>Waits for another process that works on a unit for as long as that lives; what it has not done is
    /// submitted again.</summary>
    private void LookElsewhere(UnitTracking unit)
    {
        if (results.IsClaimed(unit.Unit))
        {
            return;
        }

        unit.IsElsewhere = false;
        unit.Unit = results.Look(unit.Unit);
        unit.IsDone = !unit.Unit.IsMissing;
        unit.Job = null;
    }

    /// <summary>A unit's job has ended: what counts is what is in the cache.</summary>
    private void Conclude(int number, JobState end)
    {
        UnitTracking unit = tracked[number];
        unit.Unit = results.Look(unit.Unit);
        if (!unit.Unit.IsMissing)
        {
            unit.IsDone = true;
            return;
        }

        if (end == JobState.Completed && unit.Status?.State == UnitState.Elsewhere)
        {
            unit.IsElsewhere = true;
            return;
        }

        bool isFurther = unit.Unit.StepsDone > unit.StepsAtStart;
        if (isFurther && (end is JobState.TimedOut or JobState.Lost || unit.Status?.State == UnitState.Unfinished))
        {
            unit.Job = null;
            return;
        }

        bool isWorthwhile = end is (JobState.Failed or JobState.Lost) && !IsFinal(unit.Status);
        if (isWorthwhile && unit.Retries < options.Retries)
        {
            unit.Retries++;
            progress?.Report(new Notice(PipelineDiagnostics.UnitRetried.At(
                null,
                $"'{unit.Unit.Name}' is tried again: {UnitTrouble.Describe(unit, end)}")));
            unit.Job = null;
            return;
        }

        given.Add(number);
        failures.Add(UnitTrouble.Of(unit, end, folder));
    }

    /// <summary>Whether the recipe, a model or a text is wrong, which it will be the next time; what a machine or a
    /// network was short of may be there then.</summary>
    private static bool IsFinal(UnitStatus? status) =>
        status is { State: UnitState.Failed, Failures: [{ Code: var code }, ..] }
        && FinalCodes.Any(prefix => code.StartsWith(prefix, StringComparison.Ordinal));

    private void Report() => progress?.Report(new UnitsStep([.. tracked.Select(unit => new UnitProgress(
        unit.Unit.Name,
        PhaseOf(unit),
        unit.Task?.Id ?? "",
        unit.Task?.Node ?? "",
        Printable.Of((PhaseOf(unit) == UnitPhase.Waiting ? unit.Task?.WhyItWaits : unit.Status?.Step) ?? ""),
        unit.IsDone ? unit.Unit.Layers : Math.Max(unit.Unit.LayersDone, unit.Status?.LayersDone ?? 0),
        unit.Unit.Layers))]));

    private static UnitPhase PhaseOf(UnitTracking unit) =>
        unit.IsDone ? UnitPhase.Done
        : unit.IsElsewhere ? UnitPhase.Elsewhere
        : unit.Task?.State == JobState.Running ? UnitPhase.Running
        : UnitPhase.Waiting;
}
