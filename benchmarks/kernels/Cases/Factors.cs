using System.Runtime.InteropServices;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Numerics;

namespace SparseLlm.Benchmarks.Kernels.Cases;

/// <summary>U with h^-1 = U'U in double precision beside LAPACK's potrf, potri and potrf.</summary>
internal static unsafe class Factors
{
    // At most 0.6 of the time.
    private const double Goal = 1 / 0.6;

    private static readonly int[] Widths = [768, 1024, 2048, 3072, 4096];

    public static IEnumerable<Func<Operands, Comparison>> All()
        => Widths.Select(width => (Func<Operands, Comparison>)(operands => Of(operands, width)));

    private static Comparison Of(Operands operands, int d)
    {
        Matrix<double> h = operands.Gram(d);
        Matrix<double> u = operands.Zeros(d, d);
        double* peerH = operands.Pointer(h);
        double* peerU = operands.Pointer(h);
        return new Comparison(
            $"inverse factor {d}",
            "potrf, potri, potrf",
            Goal,
            () => Timing.Of(() => operands.Backend.TryInverseFactor(h, u)),
            () =>
            {
                NativeMemory.Copy(peerH, peerU, (nuint)(sizeof(double) * (long)d * d));
                return Timing.Of(() => OpenBlas.InverseFactor(d, peerU));
            },
            2.0 / 3 * d * d * d);
    }
}
