using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Allocation;

/// <summary>Spreads the weight budget of a plan over the tensors that no rule is about, before anything is
/// pruned.</summary>
public static class BudgetAllocation
{
    /// <summary>Whether there is a budget to spread; if not, <see cref="Allocate"/> gives the plan itself.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="settings">How to spread.</param>
    /// <param name="plan">The plan.</param>
    public static bool Applies(ModelDefinition model, PruningSettings settings, SparsityPlan plan) =>
        settings.Allocation != AllocationKind.Uniform
        && settings.NeedsCalibration()
        && plan.Allocated.Count == 0
        && plan.Default is SparsityPattern.Unstructured { Fraction: > 0 }
        && plan.Spreadable(model).Any();

    /// <summary>The plan with a sparsity for each of these tensors, the zeros of all together unchanged; the plan
    /// itself where nothing is to be spread.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="settings">How to spread.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="tokens">The calibration windows.</param>
    /// <param name="store">Where activations are kept; null for all of them in memory.</param>
    /// <param name="reportFallback">Told of numerical fallbacks.</param>
    /// <param name="progress">Told of every layer that has been looked at.</param>
    /// <param name="cancellation">Stops between matrices.</param>
    public static SparsityPlan Allocate(
        DecoderModel model,
        PruningSettings settings,
        SparsityPlan plan,
        CalibrationTokens? tokens,
        MatrixStore? store = null,
        Action<string>? reportFallback = null,
        IProgress<PruningProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        if (tokens is null || !Applies(model.Definition, settings, plan))
        {
            return plan;
        }

        LinearDefinition[] tensors = [.. plan.Spreadable(model.Definition)];
        var target = (SparsityPattern.Unstructured)plan.Default;
        (SparsityBudget budget, IAllocation allocation) = Create();
        new DenseWalk(model, tokens, store ?? new MatrixStore(model.Backend), progress).Show(allocation, cancellation);
        return plan with { Allocated = budget.Spread(allocation.Choose()) };

        (SparsityBudget Budget, IAllocation Allocation) Create()
        {
            if (settings.Allocation == AllocationKind.Owl)
            {
                var outlierBudget = new SparsityBudget(tensors, target, 2 * OwlAllocation.Lambda);
                return (outlierBudget, new OwlAllocation(model.Backend, outlierBudget));
            }

            var errorBudget = new SparsityBudget(tensors, target, ErrorAllocation.MaximumShift);
            return (errorBudget,
                new ErrorAllocation(model.Backend, errorBudget, settings, reportFallback ?? (_ => { })));
        }
    }
}
