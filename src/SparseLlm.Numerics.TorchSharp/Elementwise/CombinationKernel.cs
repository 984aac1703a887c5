using SparseLlm.Numerics.TorchSharp.Cuda;

namespace SparseLlm.Numerics.TorchSharp.Elementwise;

/// <summary>Linear combinations of two matrices, by a kernel that goes over memory once.</summary>
internal sealed class CombinationKernel(CudaModule module)
{
    private const int Threads = 256;
    private const int MostBlocks = 1 << 16;

    private readonly CudaKernel kernel = module.Kernel("combination");

    /// <summary>destination = alpha x + beta y, which may be one of them; all contiguous, single precision, and of one
    /// shape.</summary>
    public void Run(float alpha, Tensor x, float beta, Tensor y, Tensor destination)
    {
        long count = destination.numel();
        kernel.Launch(
            Math.Min(MostBlocks, (count + Threads - 1) / Threads), Threads, sharedBytes: 0,
            [CudaKernel.Bits(alpha), CudaKernel.Address(x), CudaKernel.Bits(beta), CudaKernel.Address(y),
                CudaKernel.Address(destination), count]);
    }
}
