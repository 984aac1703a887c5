using SparseLlm.Numerics.TorchSharp.Cuda;

namespace SparseLlm.Numerics.TorchSharp.Products;

/// <summary>Sums of columns in double precision, by a kernel that reads each number once.</summary>
internal sealed class ColumnSumsKernel(CudaModule module)
{
    private const int Threads = 128;
    private const int RowsOfBlock = 64;

    private readonly CudaKernel kernel = module.Kernel("column_sums");

    /// <summary>Σ over rows of x, or of x².</summary>
    /// <param name="x">[n x d], contiguous.</param>
    /// <param name="squares">Whether numbers are squared.</param>
    /// <returns>[1 x d], double precision.</returns>
    public Tensor Sum(Tensor x, bool squares)
    {
        (long rows, long columns) = (x.shape[0], x.shape[1]);
        long blocks = (rows + RowsOfBlock - 1) / RowsOfBlock;
        Tensor sums = torch.empty(blocks, columns, torch.float64, x.device);
        kernel.Launch(
            blocks * ((columns + Threads - 1) / Threads), Threads, sharedBytes: 0,
            [CudaKernel.Address(x), CudaKernel.Address(sums), rows, columns, RowsOfBlock, squares ? 1 : 0]);
        return sums.sum(0, keepdim: true);
    }
}
