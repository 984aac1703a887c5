using System.Globalization;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>The script that a task of the array runs: the worker, with the artifact that is the task's; or several
/// workers, which do the artifact together.</summary>
internal static class UnitScript
{
    /// <summary>The script.</summary>
    /// <param name="worker">The command line of a worker, without its artifact.</param>
    /// <param name="artifacts">The artifacts, in the order of their units' numbers.</param>
    /// <param name="workers">How many workers do an artifact together.</param>
    public static string Of(IEnumerable<string> worker, IEnumerable<string> artifacts, int workers) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        #!/bin/bash
        # $1 says which thousand of the artifacts this array is for, or 'check' to try what a unit needs.
        artifacts=({{string.Join(' ', artifacts.Select(Quote))}})
        worker=({{string.Join(' ', worker.Select(Quote))}})
        if [[ $1 == check ]]; then
            exec "${worker[@]}" --check
        fi
        artifact="${artifacts[$(( $1 * {{SlurmQueue.ArrayLength}} + SLURM_ARRAY_TASK_ID ))]}"
        {{(workers == 1 ? "" : Together)}}exec {{(workers == 1 ? "" : Start)}}"${worker[@]}" --artifact "$artifact"

        """).ReplaceLineEndings("\n");

    // srun does not take it from sbatch.
    private const string Together = "export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}\n";

    // Where one worker fails, the others go on without it.
    private const string Start = "srun --kill-on-bad-exit=0 ";

    /// <summary>A word of the shell that stands for itself.</summary>
    private static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
