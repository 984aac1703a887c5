using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Benchmarks.Prune;

/// <summary>What this machine's best product reaches, in floating-point operations a second: the rate a prune could
/// have throughout.</summary>
/// <param name="Single">In single precision.</param>
/// <param name="Double">In double precision.</param>
internal sealed record MachineRates(double Single, double Double)
{
    private const int Size = 2048;
    private const int Runs = 5;

    /// <summary>The best of some products of square matrices.</summary>
    public static MachineRates Measure(int threads)
    {
        using var backend = new CpuBackend(threads);
        return new MachineRates(
            Rate<float>(backend, (a, b, c) => backend.Multiply(a, false, b, true, c)),
            Rate<double>(backend, (a, b, c) => backend.Multiply(a, false, b, true, c)));
    }

    private static double Rate<T>(CpuBackend backend, Action<Matrix<T>, Matrix<T>, Matrix<T>> multiply)
        where T : unmanaged
    {
        using Matrix<T> a = backend.Allocate<T>(Size, Size);
        using Matrix<T> b = backend.Allocate<T>(Size, Size);
        using Matrix<T> c = backend.Allocate<T>(Size, Size);
        multiply(a, b, c);
        return 2.0 * Size * Size * Size / Enumerable.Range(0, Runs).Min(_ => Timing.Of(() => multiply(a, b, c)));
    }
}
