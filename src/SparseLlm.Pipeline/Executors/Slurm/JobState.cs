namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>What Slurm says of a job, as far as it matters here.</summary>
internal enum JobState
{
    /// <summary>It waits for its turn, perhaps once more.</summary>
    Waiting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It has ended well.</summary>
    Completed,

    /// <summary>It has ended with an error, or was killed.</summary>
    Failed,

    /// <summary>It was stopped because its time was up.</summary>
    TimedOut,

    /// <summary>It was stopped because it took more memory than it may.</summary>
    OutOfMemory,

    /// <summary>Its node was lost, or it had to make room for another job.</summary>
    Lost,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,
}
