using SparseLlm.Models;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// The two activation streams that run through the network side by side: the pruned model's, which every matrix takes its inputs
/// from, and the dense model's, which the targets come from.
/// </summary>
internal sealed class CalibrationStreams : IDisposable
{
    private CalibrationStreams(ActivationStream pruned, ActivationStream? dense) => (Pruned, Dense) = (pruned, dense);

    /// <summary>The input of the next layer in the model pruned so far.</summary>
    public ActivationStream Pruned { get; private set; }

    /// <summary>The input of the next layer in the dense model; null where no targets come from it.</summary>
    public ActivationStream? Dense { get; private set; }

    /// <summary>Both streams at the first layer, where nothing is pruned yet.</summary>
    public static CalibrationStreams Embed(DecoderModel model, TokenChunks chunks, bool withDense) =>
        new(chunks.Embed(model), withDense ? chunks.Embed(model) : null);

    /// <summary>Goes on to the next layer.</summary>
    public void Advance(ActivationStream pruned, ActivationStream? dense)
    {
        Dispose();
        (Pruned, Dense) = (pruned, dense);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Pruned.Dispose();
        Dense?.Dispose();
    }
}
