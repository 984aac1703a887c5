using System.Globalization;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Losses;

namespace SparseLlm.Pruning.Methods.Guarding;

/// <summary>
/// Keeps a pruned decoder layer from being worse than what SparseGPT leaves of it. Wherever a matrix is solved,
/// SparseGPT solves it too, from the same Gram matrix; in the end the layer with all of its solutions is compared with
/// the layer as it is, by how far their outputs on held-back windows are from the dense layer's, and the better one
/// stays.
/// </summary>
/// <param name="context">What the layer's prune works with.</param>
/// <param name="layer">The layer that is pruned.</param>
internal sealed class LayerGuard(LayerContext context, DecoderLayer layer) : IDisposable
{
    private readonly HeldBackLoss heldBack = new(context.Backend, context.Chunks);
    private readonly List<Alternative> alternatives = [];

    /// <summary>Keeps what SparseGPT makes of a matrix.</summary>
    /// <param name="linear">The layer that has the matrix.</param>
    /// <param name="solution">SparseGPT's, which is the guard's from here on.</param>
    public void Add(Linear linear, PlainSolution solution)
    {
        alternatives.Add(new Alternative(
            linear,
            Keep(solution.Weight),
            solution.Bias is null ? null : Keep(solution.Bias),
            solution.RelativeError));

        StoredMatrix Keep(Matrix<float> matrix)
        {
            if (ReferenceEquals(solution.Backend, context.Backend))
            {
                return context.Chunks.Store.Keep(matrix);
            }

            using (matrix)
            {
                return context.Chunks.Store.Keep(context.Backend.CopyOf(matrix, solution.Backend));
            }
        }
    }

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

        using ReconstructionLoss loss = ReconstructionLoss.Of(context, targets);
        using var solved = new ParameterSnapshot(
            context.Chunks.Store,
            layer.Parameters.Select(parameter => parameter.Values));
        double own = heldBack.Of(layer, loss, inputs, targets);
        alternatives.ForEach(alternative => alternative.Put());
        double sparseGpt = heldBack.Of(layer, loss, inputs, targets);
        context.Recorder.AddGuard("sparsegpt", own, sparseGpt);
        if (!(sparseGpt < own))
        {
            solved.Restore();
            return false;
        }

        alternatives.ForEach(alternative => context.Recorder.Add(alternative.Linear, alternative.RelativeError));
        context.Recorder.AddFallback(string.Create(CultureInfo.InvariantCulture,
            $"decoder layer {layer.Definition.Index}: on held-back calibration windows, sparsegpt comes closer to the "
            + $"dense layer (error {sparseGpt:0.####} of its variance, against {own:0.####}); its weights were taken, "
            + $"more calibration data may do better"));
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => alternatives.ForEach(alternative => alternative.Dispose());
}
