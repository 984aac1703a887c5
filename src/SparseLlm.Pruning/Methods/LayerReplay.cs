using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// Takes the activation streams through decoder layers that were pruned by an earlier run, by forward passes alone, and no further than they are asked
/// for. The same operations in the same order as in that run, so that the streams have the same bits.
/// </summary>
/// <param name="model">The dense model.</param>
/// <param name="chunks">The calibration tokens.</param>
/// <param name="withDense">Whether the dense stream is needed.</param>
/// <param name="known">Gives a pruned layer by its index. It is asked again here, so that one layer at a time is in memory.</param>
/// <param name="progress">Told of every layer that is gone through.</param>
internal sealed class LayerReplay(
    DecoderModel model, TokenChunks chunks, bool withDense, Func<int, PrunedLayer?> known, IProgress<PruningProgress>? progress) : IDisposable
{
    private readonly Queue<int> pending = [];
    private CalibrationStreams? streams;

    /// <summary>Adds the next layer.</summary>
    public void Add(int index) => pending.Enqueue(index);

    /// <summary>The streams behind the last layer that was added. They stay this object's, and are advanced by whoever prunes the next layer.</summary>
    /// <param name="cancellation">Stops between chunks.</param>
    public CalibrationStreams Streams(CancellationToken cancellation)
    {
        streams ??= CalibrationStreams.Embed(model, chunks, withDense);
        while (pending.TryDequeue(out int index))
        {
            PrunedLayer pruned = known(index) ?? throw PruningDiagnostics.LayerLost.Error(
                null, $"the pruned layer {index} has disappeared while it was in use; run the same again");
            using DecoderLayer layer = model.LoadLayer(index);
            if (streams.Dense is not null)
            {
                Forward(layer, streams.Dense, cancellation);
            }

            Overwrite(layer, pruned);
            Forward(layer, streams.Pruned, cancellation);
            progress?.Report(new LayerReplayed(index, model.Definition.Layers.Count));
        }

        return streams;
    }

    private void Forward(DecoderLayer layer, ActivationStream stream, CancellationToken cancellation)
    {
        for (int chunk = 0; chunk < chunks.Count; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            using Matrix<float> input = stream.Read(chunk);
            stream.Put(chunk, layer.Forward(input, chunks.SequenceLength));
        }
    }

    private void Overwrite(DecoderLayer layer, PrunedLayer pruned)
    {
        Dictionary<string, Matrix<float>> parameters = layer.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Values);
        foreach (PrunedTensor tensor in pruned.Tensors)
        {
            // The head's norm, which distillation tunes along with the last layer, is not the layer's.
            if (parameters.TryGetValue(tensor.Name, out Matrix<float>? values))
            {
                model.Backend.Upload<float>(tensor.Values, values);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => streams?.Dispose();
}
