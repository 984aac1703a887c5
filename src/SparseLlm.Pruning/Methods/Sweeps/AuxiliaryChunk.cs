using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>A chunk of tokens with the auxiliary variables of a feed-forward block.</summary>
/// <param name="Input">X, the block's input in the pruned model, [tokens x channels].</param>
/// <param name="Target">Y, what the block should give, [tokens x channels].</param>
/// <param name="Up">z, the pre-activations of up, [tokens x hidden].</param>
/// <param name="Gate">s, the pre-activations of the gate, [tokens x hidden]; null where the block has none.</param>
internal sealed record AuxiliaryChunk(Matrix<float> Input, Matrix<float> Target, Matrix<float> Up, Matrix<float>? Gate)
{
    /// <summary>
    /// Updates p, then z, then s (Bai et al. 2024, eq. 8 to 11), each to the minimiser with the others and the weights
    /// fixed.
    /// </summary>
    /// <returns>p, [tokens x hidden], a new matrix.</returns>
    public Matrix<float> Update(
        IBackend backend,
        FeedForward feedForward,
        HiddenUpdate hiddenUpdate,
        Penalties penalties)
    {
        Matrix<float> hidden = backend.CopyOf(Up);
        feedForward.Definition.Activation.Apply(backend, Gate, hidden);
        hiddenUpdate.Apply(hidden, Target);

        using Matrix<float> up = feedForward.Up.Apply(Input);
        using Matrix<float>? gate = feedForward.Gate?.Apply(Input);
        feedForward.Definition.Activation
            .Update(backend, (up, gate), hidden, penalties.Alpha, penalties.Gamma, Up, Gate);
        return hidden;
    }
}
