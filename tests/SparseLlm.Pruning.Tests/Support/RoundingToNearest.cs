using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>What people do who quantise a pruned model afterwards: each weight becomes the nearest code, with the scale
/// that takes the greatest of its group to the end of the codes.</summary>
internal static class RoundingToNearest
{
    /// <summary>The layers of a model with rounded matrices.</summary>
    /// <param name="run">The dense model.</param>
    /// <param name="layers">Its layers as pruned; those that are missing are dense.</param>
    /// <param name="quantization">The codes.</param>
    public static List<PrunedLayer> Of(PruneRun run, List<PrunedLayer> layers, Quantization quantization)
    {
        Dictionary<string, PrunedTensor> tensors = layers.SelectMany(layer => layer.Tensors)
            .ToDictionary(tensor => tensor.Tensor);
        foreach (LayerDefinition layer in run.Model.Definition.Layers)
        {
            using DecoderLayer dense = run.Model.LoadLayer(layer.Index);
            foreach (Linear linear in dense.Linears)
            {
                string name = linear.Definition.WeightName;
                float[] values = tensors.TryGetValue(name, out PrunedTensor? pruned)
                    ? pruned.Values
                    : Values(run, linear);
                tensors[name] = run.Tensor(name, Rounded(values, linear.Definition.Inputs, quantization));
            }
        }

        return [new PrunedLayer(0, [.. tensors.Values], [], [])];
    }

    private static float[] Values(PruneRun run, Linear linear)
    {
        var values = new float[linear.Weight.Length];
        run.Backend.Download<float>(linear.Weight, values);
        return values;
    }

    /// <summary>The rounded values of a matrix.</summary>
    public static float[] Rounded(float[] values, int columns, Quantization quantization)
    {
        float[] rounded = [.. values];
        (int least, int most) = quantization.Bits == 4 ? (-8, 7) : (-127, 127);
        foreach (Memory<float> row in Enumerable.Range(0, values.Length / columns)
            .Select(row => rounded.AsMemory(row * columns, columns)))
        {
            int group = quantization.Group ?? columns;
            for (int start = 0; start < columns; start += group)
            {
                Span<float> weights = row.Span.Slice(start, Math.Min(group, columns - start));
                float extreme = weights.ToArray().MaxBy(Math.Abs);
                float scale = (float)(Half)(extreme / least);
                for (int i = 0; i < weights.Length; i++)
                {
                    weights[i] = scale == 0 ? 0 : Math.Clamp(MathF.Round(weights[i] / scale), least, most) * scale;
                }
            }
        }

        return rounded;
    }
}
