using SparseLlm.Models.Layers;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Solvers;
using SparseLlm.Pruning.Tuning;

namespace SparseLlm.Pruning.Methods.Guarding;

/// <summary>
/// Keeps a pruned decoder layer from being worse than what SparseGPT leaves of it. Wherever a matrix is solved, SparseGPT solves it
/// too, from the same Gram matrix; in the end the layer with all of its solutions is compared with the layer as it is, by how far their
/// outputs on held-back windows are from the dense layer's, and the better one stays.
/// </summary>
/// <param name="context">What the layer's prune works with.</param>
/// <param name="layer">The layer that is pruned.</param>
internal sealed class LayerGuard(LayerContext context, DecoderLayer layer) : IDisposable
{
    private readonly SparseGptSolver solver = new(context.Backend, context.Settings.BlockSize);
    private readonly HeldBackLoss heldBack = new(context.Backend, context.Chunks);
    private readonly List<PlainSolution> alternatives = [];

    /// <summary>Lets SparseGPT solve a matrix, which still has its dense weights.</summary>
    /// <param name="fit">The matrix's problem.</param>
    /// <param name="gram">The Gram matrix of its inputs.</param>
    /// <param name="inputs">The sums that was made from.</param>
    public void Add(LinearFit fit, InputGram gram, TokenSums inputs) => alternatives.Add(fit.SolvePlainly(gram, inputs, solver, context.Chunks.Store));

    /// <summary>Compares, and puts SparseGPT's solutions into the layer if they are better.</summary>
    /// <param name="inputs">The layer's inputs in the pruned model.</param>
    /// <param name="targets">The dense layer's outputs.</param>
    /// <returns>Whether the layer has changed.</returns>
    public bool KeepBetter(ActivationStream inputs, ActivationStream targets)
    {
        if (alternatives.Count == 0)
        {
            return false;
        }

        using var loss = new ReconstructionLoss(context.Backend, targets);
        using var solved = new ParameterSnapshot(context.Chunks.Store, layer.Parameters.Select(parameter => parameter.Values));
        double own = heldBack.Of(layer, loss, inputs, targets);
        alternatives.ForEach(Put);
        double sparseGpt = heldBack.Of(layer, loss, inputs, targets);
        context.Recorder.AddGuard("sparsegpt", own, sparseGpt);
        if (!(sparseGpt < own))
        {
            solved.Restore();
            return false;
        }

        alternatives.ForEach(solution => context.Recorder.Add(solution.Linear, solution.RelativeError));
        context.Recorder.AddFallback(FormattableString.Invariant(
            $"decoder layer {layer.Definition.Index}: on held-back calibration windows, sparsegpt comes closer to the dense layer (error {sparseGpt:0.####} of its variance, against {own:0.####}); its weights were taken, more calibration data may do better"));
        return true;
    }

    private static void Put(PlainSolution solution)
    {
        solution.Weight.CopyTo(solution.Linear.Weight);
        solution.Bias?.CopyTo(solution.Linear.Bias!);
    }

    /// <inheritdoc/>
    public void Dispose() => alternatives.ForEach(solution => solution.Dispose());
}
