using SparseLlm.Numerics.Conformance;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>What this backend and the CPU backend make of the same weights and the same factor.</summary>
public sealed class SweepsBesideTheCpu
{
    private const int Rows = 192;
    private const int Columns = 256;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Masks_are_equal_but_for_ties(int seed)
    {
        using var cpu = new CpuBackend();
        using var torch = new TorchBackend("cpu");
        Different(Sweep(cpu, seed), Sweep(torch, seed)).ShouldBeLessThanOrEqualTo(Rows * Columns / 10_000);
        Different(SweepGroups(cpu, seed), SweepGroups(torch, seed)).ShouldBeLessThanOrEqualTo(Rows * Columns / 10_000);
    }

    private static float[] Sweep(IBackend backend, int seed) =>
        Mask(backend, seed, (weights, u, mask) => backend.ObsSweep(weights, u, Rows * Columns / 2, 128, mask));

    private static float[] SweepGroups(IBackend backend, int seed) =>
        Mask(backend, seed, (weights, u, mask) => backend.ObsSweepGroups(weights, u, 2, 4, 128, mask));

    private static float[] Mask(IBackend backend, int seed, Action<Matrix<float>, Matrix<double>, Matrix<float>> sweep)
    {
        using Matrix<float> weights = backend.Float(Reference.Random(Rows, Columns, seed));
        using Matrix<double> u = backend.AllocateUninitialized<double>(Columns, Columns);
        using Matrix<double> h = backend.Double(Reference.Gram(Columns, seed + 10));
        using Matrix<float> mask = backend.AllocateUninitialized<float>(Rows, Columns);
        backend.TryInverseFactor(h, u).ShouldBeTrue();
        sweep(weights, u, mask);
        return backend.Read(mask);
    }

    private static int Different(float[] x, float[] y) => x.Zip(y).Count(pair => pair.First != pair.Second);
}
