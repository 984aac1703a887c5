namespace SparseLlm.Pipeline.Artifacts;

/// <summary>What is counted where two models are compared; sums of parts are sums of the whole.</summary>
/// <param name="Weights">Elements.</param>
/// <param name="KeptInA">Elements of the first that are not zero.</param>
/// <param name="KeptInB">Elements of the second that are not zero.</param>
/// <param name="KeptInBoth">Elements that are zero in neither.</param>
/// <param name="SquaredDistance">‖A - B‖², Frobenius.</param>
/// <param name="SquaredNorm">‖A‖², Frobenius.</param>
internal readonly record struct DiffSums(
    long Weights, long KeptInA, long KeptInB, long KeptInBoth, double SquaredDistance, double SquaredNorm)
{
    /// <summary>The share of zeros in the first.</summary>
    public double SparsityA => Share(Weights - KeptInA, Weights);

    /// <summary>The share of zeros in the second.</summary>
    public double SparsityB => Share(Weights - KeptInB, Weights);

    /// <summary>Intersection over union of the positions that are kept; 1 where nothing is.</summary>
    public double MaskOverlap => KeptInA + KeptInB == 0 ? 1 : (double)KeptInBoth / (KeptInA + KeptInB - KeptInBoth);

    /// <summary>‖A - B‖ / ‖A‖; null where the first is zero and the second is not, or where a weight is not a
    /// number.</summary>
    public double? RelativeDistance =>
        SquaredDistance == 0 ? 0
        : Math.Sqrt(SquaredDistance / SquaredNorm) is var distance && double.IsFinite(distance) ? distance
        : null;

    /// <summary>The sums of two runs of elements.</summary>
    /// <param name="a">Elements of the first model.</param>
    /// <param name="b">The same number of elements of the second.</param>
    public static DiffSums Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        (long keptInA, long keptInB, long keptInBoth, double squaredDistance, double squaredNorm) = (0, 0, 0, 0, 0);
        for (int i = 0; i < a.Length; i++)
        {
            (double x, double y) = (a[i], b[i]);
            (int inA, int inB) = (x != 0 ? 1 : 0, y != 0 ? 1 : 0);
            keptInA += inA;
            keptInB += inB;
            keptInBoth += inA & inB;
            squaredDistance += (x - y) * (x - y);
            squaredNorm += x * x;
        }

        return new DiffSums(a.Length, keptInA, keptInB, keptInBoth, squaredDistance, squaredNorm);
    }

    /// <summary>The sums over both.</summary>
    public static DiffSums operator +(DiffSums left, DiffSums right) => new(
        left.Weights + right.Weights,
        left.KeptInA + right.KeptInA,
        left.KeptInB + right.KeptInB,
        left.KeptInBoth + right.KeptInBoth,
        left.SquaredDistance + right.SquaredDistance,
        left.SquaredNorm + right.SquaredNorm);

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
