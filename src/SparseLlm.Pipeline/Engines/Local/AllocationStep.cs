using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>A budget as it was spread, in the cache.</summary>
/// <param name="Sparsities">The fraction of zeros by the name of the weight.</param>
/// <param name="Fallbacks">Numerical fallbacks that were taken, as sentences.</param>
internal sealed record AllocationStep(
    IReadOnlyDictionary<string, double> Sparsities,
    IReadOnlyList<string> Fallbacks) : IJsonOnDeserialized
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "allocation";

    /// <summary>The step's result, to remember.</summary>
    public static AllocationStep Of(SparsityPlan plan, IReadOnlyList<string> fallbacks) =>
        new(plan.Allocated.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Sparsity), fallbacks);

    /// <summary>The plan with the budget spread.</summary>
    public SparsityPlan Apply(SparsityPlan plan) => plan with
    {
        Allocated = Sparsities.ToDictionary(
            tensor => tensor.Key,
            SparsityPattern (tensor) => new SparsityPattern.Unstructured(tensor.Value)),
    };

    /// <summary>What an entry holds, if it is the budget of a plan: a fraction for each of the matrices that no rule is
    /// about.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static AllocationStep Read(CacheEntry entry, SparsityPlan plan, ModelDefinition model)
    {
        var step = entry.MetadataAs<AllocationStep>(Kind);
        bool fits = step.Sparsities.Keys.ToHashSet()
            .SetEquals(plan.Spreadable(model).Select(linear => linear.WeightName));
        return fits
            ? step
            : throw new InvalidDataException("it does not hold a sparsity for each matrix that shares the budget");
    }

    void IJsonOnDeserialized.OnDeserialized() =>
        RecordJson.Require(
            Sparsities.Values.All(sparsity => sparsity is >= 0 and <= 1),
            "a sparsity is not a fraction");
}
