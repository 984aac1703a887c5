using SparseLlm.Numerics;

namespace SparseLlm.Benchmarks.Kernels.Cases;

/// <summary>Sums of X'X, single-precision products into a double-precision sum, beside OpenBLAS's ssyrk, which sums in
/// single precision.</summary>
internal static unsafe class Grams
{
    private const double Goal = 0.9;
    private const int Tokens = 2048;

    private static readonly int[] Widths = [768, 1024, 2048, 3072, 4096];

    public static IEnumerable<Func<Operands, Comparison>> All()
        => Widths.Select(width => (Func<Operands, Comparison>)(operands => Of(operands, width)));

    private static Comparison Of(Operands operands, int d)
    {
        Matrix<float> x = operands.Matrix(Tokens, d);
        Matrix<double> h = operands.Zeros(d, d);
        float* peerX = operands.Pointer((long)Tokens * d);
        float* peerH = operands.Pointer((long)d * d);
        return new Comparison(
            $"Gram matrix, {Tokens} tokens x {d}",
            "ssyrk",
            Goal,
            Operands.Seconds(() => operands.Backend.AccumulateGram(x, h)),
            Operands.Seconds(() => OpenBlas.AccumulateGram(Tokens, d, peerX, peerH)),
            (double)Tokens * d * d);
    }
}
