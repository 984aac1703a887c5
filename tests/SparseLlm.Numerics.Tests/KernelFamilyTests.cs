using SparseLlm.Numerics.Conformance;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Numerics.Cpu.Products;

namespace SparseLlm.Numerics.Tests;

/// <summary>Kernels of other machines than this one, as far as they run here.</summary>
public sealed class KernelFamilyTests
{
    [Fact]
    public void All_fused_kernels_give_the_same_bits()
    {
        double[][] results = [.. KernelFamilies.Supported.Select(Compute)];
        foreach (double[] result in results)
        {
            result.AsSpan().SequenceEqual(results[0]).ShouldBe(true);
        }
    }

    private static double[] Compute(KernelFamily family)
    {
        using var backend = new CpuBackend(2, family);
        using Matrix<float> a = backend.Float(Reference.Random(205, 403, 1));
        using Matrix<float> b = backend.Float(Reference.Random(77, 403, 2));
        using Matrix<float> c = backend.Float(Reference.Random(205, 77, 3));
        backend.Multiply(a, false, b, true, c, 1, 1);
        using Matrix<double> h = backend.Allocate<double>(403, 403);
        backend.AccumulateGram(a, h);
        backend.MirrorUpper(h);
        backend.AddDiagonal(h, 10);
        using Matrix<double> u = backend.AllocateUninitialized<double>(403, 403);
        backend.TryInverseFactor(h, u).ShouldBeTrue();
        using Matrix<float> mask = backend.AllocateUninitialized<float>(205, 403);
        backend.ObsSweep(a, u, 40000, 128, mask);
        return [.. backend.ReadWide(c), .. backend.Read(h), .. backend.Read(u), .. backend.ReadWide(a), .. backend
            .ReadWide(mask)];
    }
}
