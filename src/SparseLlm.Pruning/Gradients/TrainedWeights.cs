using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Gradients;

/// <summary>Which weights of a pruned model are trained, and how: all that are pruned or quantised, so that they stay
/// it.</summary>
/// <param name="backend">Where they live.</param>
/// <param name="plan">How sparse each matrix is.</param>
/// <param name="settings">Whether they are quantised.</param>
internal sealed class TrainedWeights(IBackend backend, SparsityPlan plan, PruningSettings settings)
{
    /// <summary>Whether the weight of a linear layer is trained.</summary>
    public bool Has(Linear linear) => PatternOf(linear) is not null;

    /// <summary>What trains the weight of a linear layer; null where it stays.</summary>
    /// <param name="linear">The layer.</param>
    /// <param name="hasCodes">Whether its weights are codes and stay it.</param>
    /// <param name="codeRate">By how many codes a latent weight moves where another parameter moves by one.</param>
    public Parameter? Of(Linear linear, bool hasCodes, double codeRate)
    {
        if (PatternOf(linear) is not { } pattern)
        {
            return null;
        }

        return hasCodes
            ? QuantizedParameter.Of(
                backend,
                linear.Weight,
                settings.Quantization!,
                isPruned: pattern.Zeros(linear.Weight.Rows, linear.Weight.Columns) > 0,
                codeRate)
            : new Parameter(backend, linear.Weight, keepsZeros: true);
    }

    private SparsityPattern? PatternOf(Linear linear)
        => plan.PatternFor(linear.Definition, settings.Quantization is not null);
}
