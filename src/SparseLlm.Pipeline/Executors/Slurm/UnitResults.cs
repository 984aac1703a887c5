using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>What is to be found out about units from the cache.</summary>
/// <param name="Look">Looks at a unit again: what of its result is there.</param>
/// <param name="IsClaimed">Whether a process works on a unit, or may do so.</param>
internal sealed record UnitResults(Func<UnitOfWork, UnitOfWork> Look, Func<UnitOfWork, bool> IsClaimed);
