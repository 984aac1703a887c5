using SparseLlm.Numerics.TorchSharp.Cuda;

namespace SparseLlm.Numerics.TorchSharp.Pruning;

/// <summary>Weights rounded to what a format of 16 bits holds, by a kernel that goes over memory once.</summary>
internal sealed class FormatRoundingKernel(CudaModule module)
{
    private const int Threads = 256;
    private const int MostBlocks = 1 << 16;

    private readonly CudaKernel kernel = module.Kernel("format_rounding");

    /// <summary>Rounds contiguous weights in place.</summary>
    public void Run(Tensor weights, NumberFormat format)
    {
        long count = weights.numel();
        kernel.Launch(
            Math.Min(MostBlocks, (count + Threads - 1) / Threads), Threads, sharedBytes: 0,
            [CudaKernel.Address(weights), count, format == NumberFormat.Half
                ? 1
                : 0, CudaKernel.Bits(format.LeastMagnitude())]);
    }
}
