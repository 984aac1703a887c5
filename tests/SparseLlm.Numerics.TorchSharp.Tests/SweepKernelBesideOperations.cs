using SparseLlm.Numerics.Conformance;
using SparseLlm.Numerics.TorchSharp.Pruning;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>What the sweep's kernel and tensor operations make of the same weights, on the first CUDA device, where
/// there is one.</summary>
public sealed class SweepKernelBesideOperations
{
    private const double Error = 1e-5;

    [SkippableTheory]
    [InlineData(1, 1, 1, 128)]
    [InlineData(33, 100, 1650, 128)]
    [InlineData(70, 150, 7000, 37)]
    [InlineData(192, 256, 192 * 128, 128)]
    [InlineData(1000, 640, 448000, 128)]
    public void Weights_and_masks_are_the_same_but_for_rounding(int rows, int columns, int zeros, int blockSize) =>
        ShouldAgree(rows, columns, sweep => sweep.PruneUnstructured(zeros, blockSize));

    [SkippableTheory]
    [InlineData(5, 8, 2, 4, 128)]
    [InlineData(192, 256, 2, 4, 128)]
    [InlineData(64, 96, 4, 8, 20)]
    [InlineData(31, 64, 12, 16, 32)]
    [InlineData(100, 640, 20, 32, 128)]
    public void So_they_are_for_groups(int rows, int columns, int zeros, int group, int blockSize) =>
        ShouldAgree(rows, columns, sweep => sweep.PruneGroups(zeros, group, blockSize));

    private static void ShouldAgree(int rows, int columns, Action<ObsSweep> prune)
    {
        Libtorch.RequireCuda();
        using var backend = new TorchBackend("cuda");
        using DisposeScope scope = torch.NewDisposeScope();
        var device = new torch.Device(DeviceType.CUDA, 0);
        Tensor weights = torch.tensor(Reference.Random(rows, columns, 1)).@float().to(device);
        Tensor u = torch.tensor(Reference.UpperCholesky(Reference.Inverse(Reference.Gram(columns, 2)))).to(device);
        (Tensor pruned, Tensor mask) = Sweep(weights, u, new DeviceKernels(0), prune);
        (Tensor expected, Tensor expectedMask) = Sweep(weights, u, kernels: null, prune);
        mask.ne(expectedMask).sum().item<long>().ShouldBeLessThanOrEqualTo(rows * columns / 10_000);
        (pruned.sub(expected).norm() / expected.norm()).item<float>().ShouldBeLessThan((float)Error);
        pruned.ne(0).logical_and(mask.eq(0)).any().item<bool>().ShouldBeFalse();
    }

    private static (Tensor Weights, Tensor Mask) Sweep(
        Tensor weights,
        Tensor u,
        DeviceKernels? kernels,
        Action<ObsSweep> prune)
    {
        Tensor swept = weights.clone();
        Tensor mask = torch.full_like(weights, float.NaN);
        prune(new ObsSweep(swept, u, mask, kernels?.Sweep, kernels?.KeepLargest));
        return (swept, mask);
    }
}
