using System.Globalization;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Workers;

namespace SparseLlm.Tool.Commands;

/// <summary>A worker's share as the scheduler that starts it has numbered it.</summary>
internal static class WorkerEnvironment
{
    /// <summary>The share by the variables of Slurm's job arrays or of Kubernetes' indexed jobs; null where there are
    /// none.</summary>
    /// <param name="variable">The value of a variable.</param>
    /// <exception cref="Diagnostics.DiagnosticException">There are some, and they name no share: every worker would do
    /// everything.</exception>
    public static WorkShare? Share(Func<string, string?> variable) =>
        Share(variable, "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN")
        ?? Share(variable, "JOB_COMPLETION_INDEX", "JOB_COMPLETION_COUNT", null);

    /// <summary>Which of the workers that do an artifact together this is, and the share of artifacts that is
    /// theirs.</summary>
    /// <param name="share">The share that this worker would have alone.</param>
    /// <param name="workers">How many do an artifact together.</param>
    /// <param name="variable">The value of a variable.</param>
    public static (WorkShare Share, WindowPart Part) Together(
        WorkShare share,
        int workers,
        Func<string, string?> variable) =>
        Number(variable("SLURM_NTASKS")) == workers && Number(variable("SLURM_PROCID")) is { } task && task < workers
            ? (share, new WindowPart(task, workers))
            : (share with { Index = share.Index / workers, Count = ((share.Count - 1) / workers) + 1 },
                new WindowPart(share.Index % workers, workers));

    /// <summary>A share as people write it: <c>0/4</c>; null where it is none.</summary>
    public static WorkShare? Parse(string text) =>
        text.Split('/') is [var index, var count] ? Share(index, count, null) : null;

    private static WorkShare? Share(Func<string, string?> variable, string index, string count, string? first) =>
        string.IsNullOrEmpty(variable(index))
            ? null
            : Share(variable(index), variable(count), first is null ? null : variable(first))
                ?? throw ToolDiagnostics.InvalidOption.Error(
                    null,
                    $"{index} is '{variable(index)}', and {count} {Described(variable(count))}, which is no share of "
                    + $"the work; set {count} to the number of workers, or say which share this is, like --shard 0/4");

    private static string Described(string? value) => value is null ? "is not set" : $"is '{value}'";

    private static WorkShare? Share(string? index, string? count, string? first) =>
        Number(index) is { } given && Number(count) is { } of && given - (Number(first) ?? 0) is var place
        && place >= 0 && place < of
            ? new WorkShare(place, of)
            : null;

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
