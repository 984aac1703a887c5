using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Losses;

/// <summary>A loss on the calibration windows that nothing is fitted to.</summary>
internal sealed class HeldBackLoss(IBackend backend, TokenChunks chunks)
{
    /// <summary>Whether there are such windows.</summary>
    public bool IsKnown => chunks.FittedCount < chunks.Count;

    /// <summary>The mean over all tokens of these windows.</summary>
    /// <param name="layer">The layer as it is now.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="inputs">The layer's inputs.</param>
    /// <param name="targets">What the loss compares its outputs with.</param>
    public double Of(DecoderLayer layer, ITuningLoss loss, ActivationStream inputs, ActivationStream targets)
    {
        return Of(Output, loss, targets);

        Matrix<float> Output(int chunk)
        {
            using Matrix<float> input = inputs.Read(chunk);
            return layer.Forward(input, chunks.SequenceLength);
        }
    }

    /// <summary>The mean over all tokens of these windows.</summary>
    /// <param name="outputOf">The output on a chunk, a new matrix.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="targets">What the loss compares outputs with.</param>
    public double Of(Func<int, Matrix<float>> outputOf, ITuningLoss loss, ActivationStream targets)
    {
        (double sum, long tokens) = (0, 0);
        for (int chunk = chunks.FittedCount; chunk < chunks.Count; chunk++)
        {
            using Matrix<float> target = targets.Read(chunk);
            using Matrix<float> output = outputOf(chunk);
            using Matrix<float> gradient = backend.AllocateUninitialized<float>(output.Rows, output.Columns);
            sum += output.Rows * loss.Evaluate(output, target, gradient);
            tokens += output.Rows;
        }

        return sum / tokens;
    }
}
