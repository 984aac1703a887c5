using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Layers;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// Quantises a decoder layer that has been tuned without codes: the layer is fitted once more, matrix by matrix in the
/// order in which data flows through it, to what it gives by itself, with the masks that it has.
/// </summary>
/// <param name="context">What the layer's prune works with.</param>
/// <param name="model">The model.</param>
/// <param name="devices">Where matrices are quantised, with the masks that they have.</param>
internal sealed class LayerQuantization(LayerContext context, DecoderModel model, FitDevices devices)
{
    /// <summary>Quantises a layer in place.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">Its inputs in the pruned model.</param>
    public void Quantize(DecoderLayer layer, ActivationStream inputs)
    {
        using ActivationStream own = context.Chunks.Stream();
        for (int chunk = 0; chunk < inputs.Count; chunk++)
        {
            using Matrix<float> values = inputs.Read(chunk);
            own.Put(chunk, context.Backend.CopyOf(values));
        }

        using var pruner = new LayerPruner(
            context with { Devices = devices, KeepsMasks = true, Settings = context.Settings with { Sweeps = 0 } },
            layer,
            model.CopyLayer(layer),
            tuning: null,
            shared: null,
            isLast: true);
        pruner.Prune(CalibrationStreams.Of(inputs, own));
    }
}
