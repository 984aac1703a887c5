using SparseLlm.Numerics.TorchSharp.Cuda;
using SparseLlm.Numerics.TorchSharp.Elementwise;
using SparseLlm.Numerics.TorchSharp.Products;
using SparseLlm.Numerics.TorchSharp.Pruning;
using SparseLlm.Numerics.TorchSharp.Selection;
using SparseLlm.Numerics.TorchSharp.Transformer;

namespace SparseLlm.Numerics.TorchSharp;

/// <summary>
/// Kernels for what tensor operations take several times as long for, as measured on a GPU. Each has its tensor
/// operations beside it, which compute the same where there are no kernels.
/// </summary>
internal sealed class DeviceKernels
{
    /// <param name="device">The number of the CUDA device.</param>
    /// <exception cref="DllNotFoundException">Driver or compiler are not there.</exception>
    /// <exception cref="EntryPointNotFoundException">They have not what is needed of them.</exception>
    /// <exception cref="InvalidOperationException">A kernel does not compile, or the device does not take
    /// it.</exception>
    public DeviceKernels(int device)
    {
        var module = new CudaModule(device);
        Sweep = new SweepKernel(module);
        HalfParts = new HalfPartsKernel(module);
        ColumnSums = new ColumnSumsKernel(module);
        RowDots = new RowDotsKernel(module);
        KeepLargest = new KeepLargestKernel(module);
        Combination = new CombinationKernel(module);
        FormatRounding = new FormatRoundingKernel(module);
        Normalization = new NormalizationKernel(module);
    }

    /// <summary>A block of the OBS sweep.</summary>
    public SweepKernel Sweep { get; }

    /// <summary>Halves of factors.</summary>
    public HalfPartsKernel HalfParts { get; }

    /// <summary>Sums of columns.</summary>
    public ColumnSumsKernel ColumnSums { get; }

    /// <summary>Inner products of rows.</summary>
    public RowDotsKernel RowDots { get; }

    /// <summary>Exact-k selection.</summary>
    public KeepLargestKernel KeepLargest { get; }

    /// <summary>Linear combinations.</summary>
    public CombinationKernel Combination { get; }

    /// <summary>Rounding to what a file holds.</summary>
    public FormatRoundingKernel FormatRounding { get; }

    /// <summary>Norms of rows.</summary>
    public NormalizationKernel Normalization { get; }
}
