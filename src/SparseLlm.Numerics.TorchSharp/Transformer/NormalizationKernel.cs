using SparseLlm.Numerics.TorchSharp.Cuda;

namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>Norms of rows by a kernel, in which a row does not leave the cache.</summary>
internal sealed class NormalizationKernel(CudaModule module)
{
    private const int Threads = 256;

    private readonly CudaKernel kernel = module.Kernel("normalization");

    /// <summary>destination = a norm of x, row by row.</summary>
    /// <param name="x">[n x d], contiguous.</param>
    /// <param name="centred">Whether the mean is taken out first.</param>
    /// <param name="gains">[g x d], of which row i takes row i mod g; or null.</param>
    /// <param name="biases">[g x d], likewise; or null.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="destination">[n x d]; may be x.</param>
    public void Run(
        Tensor x,
        bool centred,
        Tensor? gains,
        Tensor? biases,
        float epsilon,
        Tensor destination) => kernel.Launch(
        x.shape[0], Threads, sharedBytes: 0,
        [
            CudaKernel.Address(x), Address(gains), Address(biases), CudaKernel.Address(destination), x.shape[1], (gains
                ?? biases)?.shape[0] ?? 1, centred ? 1 : 0,
            BitConverter.DoubleToInt64Bits(epsilon),
        ]);

    private static long Address(Tensor? tensor) => tensor is null ? 0 : CudaKernel.Address(tensor);
}
