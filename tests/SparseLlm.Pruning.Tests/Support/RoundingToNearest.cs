using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>What people do who quantise a pruned model afterwards: each weight becomes the nearest code, with the scale
/// that takes the greatest of its group to the end of the codes.</summary>
internal static class RoundingToNearest
{
    /// <summary>The rounded values of a matrix.</summary>
    public static float[] Rounded(float[] values, int columns, Quantization quantization)
    {
        float[] rounded = [.. values];
        int most = (1 << (quantization.Bits - 1)) - 1;
        int least = quantization.Bits == 8 ? -most : -most - 1;
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
