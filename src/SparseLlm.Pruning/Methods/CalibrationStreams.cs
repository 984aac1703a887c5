using SparseLlm.Models;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// The two activation streams that run through the network side by side: the pruned model's, which every matrix takes
/// its inputs from, and the dense model's, which the targets come from. A layer takes in the chunks of both and leaves
/// its outputs in their places.
/// </summary>
internal sealed class CalibrationStreams : IDisposable
{
    private CalibrationStreams(ActivationStream pruned, ActivationStream? dense) => (Pruned, Dense) = (pruned, dense);

    /// <summary>The input of the next layer in the model pruned so far.</summary>
    public ActivationStream Pruned { get; }

    /// <summary>The input of the next layer in the dense model; null where no targets come from it.</summary>
    public ActivationStream? Dense { get; }

    /// <summary>Both streams at the first layer, where no layer is pruned yet.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="changed">The model whose embedding the pruned one has: the dense model, or one with quantised
    /// tables.</param>
    /// <param name="chunks">The calibration tokens.</param>
    /// <param name="withDense">Whether the dense stream is needed.</param>
    public static CalibrationStreams Embed(DecoderModel model, DecoderModel changed, TokenChunks chunks, bool withDense)
    {
        ActivationStream pruned = chunks.Embed(changed);
        try
        {
            return new CalibrationStreams(pruned, withDense ? chunks.Embed(model) : null);
        }
        catch
        {
            pruned.Dispose();
            throw;
        }
    }

    /// <summary>Two streams, which stay the caller's unless this is disposed.</summary>
    public static CalibrationStreams Of(ActivationStream pruned, ActivationStream dense) => new(pruned, dense);

    /// <inheritdoc/>
    public void Dispose()
    {
        Pruned.Dispose();
        Dense?.Dispose();
    }
}
