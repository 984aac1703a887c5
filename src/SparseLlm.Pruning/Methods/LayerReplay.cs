using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// Takes the activation streams through decoder layers that were pruned by an earlier run, by forward passes alone, and
/// no further than they are asked for. The same operations in the same order as in that run, so that the streams have
/// the same bits.
/// </summary>
/// <param name="model">The dense model.</param>
/// <param name="changed">The model whose embedding the pruned one has.</param>
/// <param name="chunks">The calibration tokens.</param>
/// <param name="withDense">Whether the dense stream is needed.</param>
/// <param name="known">Gives a pruned layer by its index. It is asked again here, so that one layer at a time is in
/// memory.</param>
/// <param name="progress">Told of every layer that is gone through.</param>
internal sealed class LayerReplay(
    DecoderModel model, DecoderModel changed, TokenChunks chunks, bool withDense, Func<int, PrunedLayer?> known,
    IProgress<PruningProgress>? progress) : IDisposable
{
    private readonly Queue<int> pending = [];
    private CalibrationStreams? streams;

    /// <summary>Adds the next layer.</summary>
    public void Add(int index) => pending.Enqueue(index);

    /// <summary>The streams behind the last layer that was added. They stay this object's, and are advanced by whoever
    /// prunes the next layer.</summary>
    /// <param name="cancellation">Stops between chunks.</param>
    public CalibrationStreams Streams(CancellationToken cancellation)
    {
        streams ??= CalibrationStreams.Embed(model, changed, chunks, withDense);
        while (pending.TryDequeue(out int index))
        {
            PrunedLayer pruned = known(index) ?? throw PruningDiagnostics.LayerLost.Error(
                null, $"the pruned layer {index} has disappeared while it was in use; run the same again");
            if (streams.Dense is not null)
            {
                using DecoderLayer dense = model.LoadLayer(index);
                Forward(dense, streams.Dense, cancellation);
            }

            using DecoderLayer layer = model.LoadLayer(index, pruned.Overlay());
            Forward(layer, streams.Pruned, cancellation);
            progress?.Report(new LayerReplayed(index, model.Definition.Layers.Count));
        }

        return streams;
    }

    private void Forward(DecoderLayer layer, ActivationStream stream, CancellationToken cancellation) => stream.Advance(
        Enumerable.Range(0, chunks.Count).Where(chunks.IsHere),
        x => layer.Forward(x, chunks.SequenceLength),
        cancellation);

    /// <inheritdoc/>
    public void Dispose() => streams?.Dispose();
}
