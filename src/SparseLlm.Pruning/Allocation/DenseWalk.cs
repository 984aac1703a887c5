using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pruning.Allocation;

/// <summary>Shows an allocation the dense model, layer by layer, on a part of the calibration windows.</summary>
internal sealed class DenseWalk(
    DecoderModel model,
    CalibrationTokens tokens,
    MatrixStore store,
    IProgress<PruningProgress>? progress)
{
    private const int Windows = 32;
    private const int MeasuredWindows = 8;

    // Errors are measured on other windows than the weights are fitted to, where there are any more.
    private readonly TokenChunks fitted = new(tokens.Part(0, Windows), store);
    private readonly TokenChunks measured = new(tokens.Part(
        tokens.Windows >= Windows + MeasuredWindows ? Windows : 0, MeasuredWindows), store);

    /// <summary>Walks through all layers.</summary>
    /// <param name="allocation">What is shown them.</param>
    /// <param name="cancellation">Stops between chunks and matrices.</param>
    public void Show(IAllocation allocation, CancellationToken cancellation)
    {
        using ActivationStream fittedStream = fitted.Embed(model);
        using ActivationStream measuredStream = measured.Embed(model);
        int layers = model.Definition.Layers.Count;
        for (int index = 0; index < layers; index++)
        {
            using DecoderLayer layer = model.LoadLayer(index);
            using var grams = new LayerGrams(model.Backend, layer);
            Sum(layer, grams, fittedStream, cancellation);
            using var activations = new MeasuredActivations(model.Backend, layer, measured, measuredStream);
            allocation.Add(layer, grams, activations, cancellation);
            activations.Advance();
            progress?.Report(new LayerMeasured(index, layers));
        }
    }

    private void Sum(DecoderLayer layer, LayerGrams grams, ActivationStream stream, CancellationToken cancellation)
    {
        for (int chunk = 0; chunk < fitted.Count; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            using Matrix<float> input = stream.Read(chunk);
            stream.Put(
                chunk,
                layer.Forward(input, fitted.SequenceLength, (stage, _, stageInput) => grams.Add(stage, stageInput)));
        }
    }
}
