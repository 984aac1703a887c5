using BenchmarkDotNet.Attributes;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Benchmarks.Kernels;

/// <summary>The kernels alone, for profiling and for comparing two versions of them.</summary>
public class KernelBenchmarks
{
    private const int Tokens = 2048;

    private readonly CpuBackend backend = new();
    private Operands operands = null!;
    private Matrix<float> x = null!;
    private Matrix<float> weights = null!;
    private Matrix<float> result = null!;
    private Matrix<float> mask = null!;
    private Matrix<double> gram = null!;
    private Matrix<double> factor = null!;
    private Matrix<double> sum = null!;

    /// <summary>Inputs of the matrix.</summary>
    [Params(768, 2048)]
    public int Width { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        operands = new Operands(backend);
        x = operands.Matrix(Tokens, Width);
        weights = operands.Matrix(Width, Width);
        result = operands.Matrix(Tokens, Width);
        mask = operands.Matrix(Width, Width);
        gram = operands.Gram(Width);
        factor = operands.Zeros(Width, Width);
        sum = operands.Zeros(Width, Width);
        backend.TryInverseFactor(gram, factor);
    }

    [Benchmark]
    public void Product() => backend.Multiply(x, false, weights, true, result);

    [Benchmark]
    public void Gram() => backend.AccumulateGram(x, sum);

    [Benchmark]
    public void InverseFactor() => backend.TryInverseFactor(gram, factor);

    [Benchmark]
    public void Sweep() => backend.ObsSweep(weights, factor, weights.Length / 2, 128, mask);

    [Benchmark]
    public void Selection() => backend.KeepLargest(weights, weights.Length / 2, mask);

    [GlobalCleanup]
    public void End()
    {
        operands.Dispose();
        backend.Dispose();
    }
}
