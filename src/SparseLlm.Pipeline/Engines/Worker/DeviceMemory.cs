using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>
/// Budgets on a device that has memory of its own. What is free is asked for once, before the first job: afterwards
/// libtorch keeps what it has freed, which the driver counts as used.
/// </summary>
/// <param name="ask">The bytes that are free; null where that is not known.</param>
internal sealed class DeviceMemory(Func<long?> ask)
{
    private readonly Lazy<long?> free = new(ask);

    /// <summary>A budget in this memory. Where nobody knows what is free, a percentage of it is taken for nothing:
    /// everything goes to the temporary file.</summary>
    public MemoryBudget Of(MemoryBudget budget) => budget is MemoryBudget.Share share
        ? new MemoryBudget.Size((long)(share.Fraction * (free.Value ?? 0)))
        : budget;
}
