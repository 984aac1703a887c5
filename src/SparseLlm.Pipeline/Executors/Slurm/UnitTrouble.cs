using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>Why a unit cannot be done, as a diagnostic that names its job and its log.</summary>
internal static class UnitTrouble
{
    /// <summary>The diagnostic.</summary>
    public static Diagnostic Of(UnitTracking unit, JobState end, RunFolder folder)
    {
        string log = Path.Combine(
            folder.Path,
            string.Create(CultureInfo.InvariantCulture, $"{unit.Job}_{unit.Task?.Index}.log"));
        (DiagnosticDescriptor descriptor, string remedy) = end switch
        {
            JobState.OutOfMemory => (
                PipelineDiagnostics.UnitOutOfMemory,
                "ask for more with 'executor.slurm.memory', or give activations less with 'engine.memory'"),
            JobState.TimedOut => (
                PipelineDiagnostics.UnitTimedOut,
                "not even one layer is done in this time; raise 'executor.slurm.time'"),
            JobState.Completed when unit.Status?.State == UnitState.Unfinished => (
                PipelineDiagnostics.UnitTimedOut,
                "not even one layer is done in this time; raise 'executor.slurm.time'"),
            JobState.Completed => (
                PipelineDiagnostics.UnitWithoutResult,
                unit.Status is { } status && status.Key != unit.Unit.Key
                    ? "the node has computed something else: the recipe, a file or the engine there is another than "
                        + "when this was submitted; build again"
                    : "the cache that the node has written to is another than the one here, or cannot be written "
                        + "there; name a folder that all nodes see, with --cache"),
            JobState.Cancelled => (PipelineDiagnostics.UnitFailed, "somebody has cancelled it; build again"),
            JobState.Lost => (
                PipelineDiagnostics.UnitFailed,
                "build again, which goes on after the last finished layer"),
            _ => (PipelineDiagnostics.UnitFailed, "see the log; a build goes on after the last finished layer"),
        };
        bool saysWhy = unit.Status is { State: UnitState.Failed, Failures.Count: > 0 };
        return descriptor.At(
            new SourceLocation(log),
            saysWhy
                ? $"'{unit.Unit.Name}': {Describe(unit, end)}"
                : $"'{unit.Unit.Name}': {Describe(unit, end)}; {remedy}{LogTail.Of(log)}");
    }

    /// <summary>What has become of its job.</summary>
    public static string Describe(UnitTracking unit, JobState end)
    {
        string job = string.Create(
            CultureInfo.InvariantCulture,
            $"job {unit.Task?.Id ?? unit.Job?.ToString(CultureInfo.InvariantCulture)}");
        string where = unit.Task is { Node.Length: > 0 } task ? $" on {Printable.Of(task.Node)}" : "";
        string what = end switch
        {
            JobState.Completed => "has ended",
            JobState.TimedOut => "was stopped at its time limit",
            JobState.OutOfMemory => "was stopped at its memory limit",
            JobState.Lost => "was lost with its node, or is not known to Slurm any more",
            JobState.Cancelled => "was cancelled",
            _ when unit.Status is { State: UnitState.Failed, Failures: [var first, ..] }
                => $"has failed with {Printable.Of(first.Code)}: {Printable.Of(first.Message).TrimEnd('.')}",
            _ => $"has failed ({Printable.Of(unit.Task?.Reason ?? "no reason given")})",
        };
        return $"{job}{where} {what}";
    }
}
