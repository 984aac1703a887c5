using System.Globalization;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>One task of a job array, as a line of <c>squeue</c> has it.</summary>
/// <param name="Name">The array's name.</param>
/// <param name="Job">The array's job.</param>
/// <param name="Index">The task.</param>
/// <param name="State">What has become of it.</param>
/// <param name="Node">Where it runs, or ran; empty while it waits.</param>
/// <param name="Reason">Why it waits or ended, in Slurm's words.</param>
internal sealed record ArrayTask(string Name, long Job, int Index, JobState State, string Node, string Reason)
{
    /// <summary>The format to ask <c>squeue</c> for.</summary>
    public const string Format = "%j|%F|%K|%T|%N|%r";

    /// <summary>Whether it waits or runs.</summary>
    public bool IsActive => State is JobState.Waiting or JobState.Running;

    /// <summary>Why it waits, in Slurm's words; empty where it is nothing but its turn that has not come.</summary>
    public string WhyItWaits => Reason is "None" or "Priority" or "Resources" or "JobArrayTaskLimit" ? "" : Reason;

    /// <summary>What the job is called by Slurm.</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Job}_{Index}");

    /// <summary>Reads a line; null where it is none.</summary>
    public static ArrayTask? Parse(string line)
    {
        string[] fields = line.Split('|');
        return fields.Length == 6
            && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out long job)
            && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? new ArrayTask(fields[0], job, index, StateOf(fields[3]), fields[4], fields[5].Trim())
            : null;
    }

    private static JobState StateOf(string name) => name switch
    {
        "PENDING" or "REQUEUED" or "REQUEUE_HOLD" or "REQUEUE_FED" or "SPECIAL_EXIT" or "RESV_DEL_HOLD"
            => JobState.Waiting,
        "COMPLETED" => JobState.Completed,
        "TIMEOUT" or "DEADLINE" => JobState.TimedOut,
        "OUT_OF_MEMORY" => JobState.OutOfMemory,
        "NODE_FAIL" or "BOOT_FAIL" or "PREEMPTED" or "REVOKED" => JobState.Lost,
        "CANCELLED" => JobState.Cancelled,
        "FAILED" => JobState.Failed,

        // CONFIGURING, COMPLETING, SUSPENDED, STAGE_OUT and whatever comes: it has not ended.
        _ => JobState.Running,
    };
}
