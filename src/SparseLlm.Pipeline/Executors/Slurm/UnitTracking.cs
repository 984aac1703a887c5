using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>What is known of a unit while its job is watched.</summary>
/// <param name="unit">The unit as it was when the run began.</param>
internal sealed class UnitTracking(UnitOfWork unit)
{
    /// <summary>The unit.</summary>
    public UnitOfWork Unit { get; set; } = unit;

    /// <summary>The array of its last job; null before there is one.</summary>
    public long? Job { get; set; }

    /// <summary>What Slurm said last of this job.</summary>
    public ArrayTask? Task { get; set; }

    /// <summary>How often in a row Slurm did not know this job.</summary>
    public int LooksWithoutJob { get; set; }

    /// <summary>How often it was submitted again after it had failed.</summary>
    public int Retries { get; set; }

    /// <summary>Layers and passes that were in the cache when it was last submitted: a job that has added to them was not
    /// in vain.</summary>
    public int StepsAtStart { get; set; } = unit.StepsDone;

    /// <summary>Whether its result is in the cache.</summary>
    public bool IsDone { get; set; }

    /// <summary>Whether its job has ended because another process works on it.</summary>
    public bool IsElsewhere { get; set; }

    /// <summary>What it said last itself.</summary>
    public UnitStatus? Status { get; set; }
}
