namespace SparseLlm.Tests;

/// <summary>Derivatives by central differences in double precision, at some elements of a matrix.</summary>
internal static class NumericalGradient
{
    private const double Step = 1e-4;
    private const int Samples = 60;

    /// <summary>A gradient must be the derivative of the loss by the elements of x, which the loss reads.</summary>
    public static void ShouldMatch(double[] gradient, double[,] x, Func<double> loss, double tolerance)
    {
        gradient.Length.ShouldBe(x.Length);
        int columns = x.GetLength(1);
        int stride = Math.Max(1, x.Length / Samples);
        for (int index = 0; index < x.Length; index += stride)
        {
            ref double element = ref x[index / columns, index % columns];
            double original = element;
            element = original + Step;
            double above = loss();
            element = original - Step;
            double below = loss();
            element = original;
            gradient[index].ShouldBe((above - below) / (2 * Step), tolerance, $"element {index}");
        }
    }
}
