using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>The layers of a model whose matrices are rounded afterwards.</summary>
internal static class RoundedLayers
{
    /// <summary>Rounds the matrices of every layer.</summary>
    /// <param name="model">The dense model, whose tensors are whole matrices.</param>
    /// <param name="layers">Its layers as pruned; those that are missing are dense.</param>
    /// <param name="round">What becomes of the values of a matrix with this many columns.</param>
    public static List<PrunedLayer> Of(
        DecoderModel model,
        IEnumerable<PrunedLayer> layers,
        Func<float[], int, float[]> round)
    {
        Dictionary<string, PrunedTensor> tensors = layers.SelectMany(layer => layer.Tensors)
            .ToDictionary(tensor => tensor.Tensor);
        foreach (LayerDefinition layer in model.Definition.Layers)
        {
            using DecoderLayer dense = model.LoadLayer(layer.Index);
            foreach (Linear linear in dense.Linears)
            {
                string name = linear.Definition.WeightName;
                float[] values = tensors.TryGetValue(name, out PrunedTensor? pruned)
                    ? pruned.Values
                    : Values(model.Backend, linear);
                tensors[name] = WholeTensor.Of(model, name, round(values, linear.Definition.Inputs));
            }
        }

        return [new PrunedLayer(0, [.. tensors.Values], [], [])];
    }

    private static float[] Values(IBackend backend, Linear linear)
    {
        var values = new float[linear.Weight.Length];
        backend.Download<float>(linear.Weight, values);
        return values;
    }
}
