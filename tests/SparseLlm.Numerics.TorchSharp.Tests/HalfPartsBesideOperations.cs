using SparseLlm.Numerics.Conformance;
using SparseLlm.Numerics.TorchSharp.Products;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>What the kernel and tensor operations make of the same numbers, on the first CUDA device, where there is
/// one: the same bits.</summary>
public sealed class HalfPartsBesideOperations
{
    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(70, 1028)]
    [InlineData(33, 5000)]
    public void Parts_are_the_same(int rows, int columns)
    {
        Libtorch.RequireCuda();
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor wide = torch.tensor(Reference.Random(rows, columns + 2, 1)).@float()
            .to(new torch.Device(DeviceType.CUDA, 0));
        var kernel = new HalfParts(new DeviceKernels(0).HalfParts);
        var operations = new HalfParts(kernel: null);
        foreach (Tensor x in new[]
        {
            wide,
            wide.narrow(1, 0, columns),
            wide.narrow(1, 1, columns),
            wide.t(),
            wide.narrow(0, 0, rows).narrow(1, 2, columns).t()
        })
        {
            foreach ((int dimension, int lows) in new[] { (0, 0b010), (1, 0b010), (0, 0b100), (1, 0b100) })
            {
                Tensor actual = kernel.Of(x, dimension, lows);
                Tensor expected = operations.Of(x, dimension, lows);
                actual.shape.ShouldBe(expected.shape);
                actual.eq(expected).all().item<bool>().ShouldBeTrue($"{rows} x {columns}, dimension {dimension}");
            }
        }
    }
}
