using System.Globalization;
using SparseLlm.Pipeline.Workers;

namespace SparseLlm.Tool.Commands;

/// <summary>A worker's share as the scheduler that starts it has numbered it.</summary>
internal static class WorkerEnvironment
{
    /// <summary>The share by the variables of Slurm's job arrays or of Kubernetes' indexed jobs; null where there are
    /// none.</summary>
    /// <param name="variable">The value of a variable.</param>
    public static WorkShare? Share(Func<string, string?> variable) =>
        Share(variable("SLURM_ARRAY_TASK_ID"), variable("SLURM_ARRAY_TASK_COUNT"), variable("SLURM_ARRAY_TASK_MIN"))
        ?? Share(variable("JOB_COMPLETION_INDEX"), variable("JOB_COMPLETION_COUNT"), null);

    /// <summary>A share as people write it: <c>0/4</c>; null where it is none.</summary>
    public static WorkShare? Parse(string text) =>
        text.Split('/') is [var index, var count] ? Share(index, count, null) : null;

    private static WorkShare? Share(string? index, string? count, string? first) =>
        Number(index) is { } given && Number(count) is { } of && given - (Number(first) ?? 0) is var place
        && place >= 0 && place < of
            ? new WorkShare(place, of)
            : null;

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
