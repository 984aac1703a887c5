namespace SparseLlm.Numerics.Conformance;

/// <summary>Codes and scales, equation by equation in double precision.</summary>
/// <param name="group">Columns of a group.</param>
/// <param name="codes">The codes.</param>
internal sealed class QuantizationReference(int group, CodeRange codes)
{
    /// <summary>The nearest code times the scale; 0 where the mask says so.</summary>
    public double Rounded(double weight, double scale, double kept)
    {
        if (kept == 0 || scale == 0)
        {
            return 0;
        }

        double exact = (float)weight * (1 / (float)scale);
        double code = Math.Round(exact, MidpointRounding.ToEven);
        if (code == 0 && !codes.HasZero)
        {
            code = exact < 0 ? -1 : 1;
        }

        return Math.Clamp(code, codes.Least, codes.Most) * scale;
    }

    /// <summary>Σ importance (w - q)² over a group.</summary>
    public double Error(double[,] w, double[,] mask, double[] importance, int row, int of, double scale) =>
        Enumerable.Range(of * group, Math.Min(group, w.GetLength(1) - of * group)).Sum(j =>
            mask[row, j] * importance[j] * Math.Pow(w[row, j] - Rounded(w[row, j], scale, mask[row, j]), 2));
}
