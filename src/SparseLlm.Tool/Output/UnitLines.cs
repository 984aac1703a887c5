using SparseLlm.Pipeline.Executors;
using static System.FormattableString;

namespace SparseLlm.Tool.Output;

/// <summary>Lines on units that others work on: one whenever something has happened to a unit.</summary>
internal sealed class UnitLines
{
    private readonly Dictionary<string, UnitProgress> seen = new(StringComparer.Ordinal);

    /// <summary>What has happened since the last time.</summary>
    /// <param name="step">How far they are now.</param>
    /// <param name="isBrief">Whether layers are shown elsewhere.</param>
    public IEnumerable<string> Changes(UnitsStep step, bool isBrief = false)
    {
        foreach (UnitProgress unit in step.Units)
        {
            UnitProgress? before = seen.GetValueOrDefault(unit.Artifact);
            seen[unit.Artifact] = unit;
            bool isNew = before is null
                ? unit.Job.Length > 0 || unit.Phase != UnitPhase.Done
                : before.Phase != unit.Phase || before.Job != unit.Job
                    || (!isBrief && unit.Phase == UnitPhase.Running && before.LayersDone != unit.LayersDone);
            if (isNew)
            {
                yield return $"{unit.Artifact}: {Describe(unit)}";
            }
        }
    }

    private static string Describe(UnitProgress unit) => unit.Phase switch
    {
        UnitPhase.Done => "in the cache",
        UnitPhase.Elsewhere => "another worker has it; waiting for that",
        UnitPhase.Running => $"job {unit.Job} runs on {unit.Where}, "
            + (unit.Step.Length > 0 ? unit.Step : Invariant($"{unit.LayersDone} of {unit.Layers} layers in the cache")),
        _ when unit.Job.Length == 0 => "handed to the cluster",
        _ when unit.Step.Length > 0 => $"job {unit.Job} waits, and Slurm says why: {unit.Step}",
        _ => $"job {unit.Job} waits for its turn",
    };
}
