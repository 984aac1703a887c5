namespace SparseLlm.Tests;

/// <summary>Weights that are codes times half-precision scales, some of them pruned.</summary>
internal static class QuantizedWeights
{
    /// <summary>Random ones.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="group">Columns that share a scale.</param>
    /// <param name="sparsity">The share of zeros; where it is zero, codes may be.</param>
    public static float[] Random(int rows, int columns, int bits, int group, double sparsity)
    {
        (int least, int most) = bits == 4 ? (-8, 7) : (-127, 127);
        var random = new Random(rows * columns + bits);
        float[] weights = new float[rows * columns];
        float scale = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (i % columns % group == 0)
            {
                scale = (float)(Half)((random.NextDouble() + 0.1) * (random.Next(2) - 0.5) / 50);
            }

            int code = random.Next(least, most + 1);
            weights[i] = random.NextDouble() < sparsity ? 0 : (code == 0 && sparsity > 0 ? 1 : code) * scale + 0f;
        }

        return weights;
    }
}
