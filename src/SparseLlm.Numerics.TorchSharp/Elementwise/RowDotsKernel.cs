using SparseLlm.Numerics.TorchSharp.Cuda;

namespace SparseLlm.Numerics.TorchSharp.Elementwise;

/// <summary>Inner products of rows in double precision, by a kernel that reads each number once.</summary>
internal sealed class RowDotsKernel(CudaModule module)
{
    private const int Threads = 256;

    private readonly CudaKernel kernel = module.Kernel("row_dots");

    /// <summary>Σ_j x_ij y_ij.</summary>
    /// <param name="x">[n x d], contiguous, single precision.</param>
    /// <param name="y">[n x d], likewise.</param>
    /// <returns>[n x 1], double precision.</returns>
    public Tensor Sum(Tensor x, Tensor y)
    {
        Tensor sums = torch.empty(x.shape[0], 1L, torch.float64, x.device);
        kernel.Launch(
            x.shape[0],
            Threads,
            sharedBytes: 0,
            [CudaKernel.Address(x), CudaKernel.Address(y), CudaKernel.Address(sums), x.shape[1]]);
        return sums;
    }
}
