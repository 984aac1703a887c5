using SparseLlm.Numerics.TorchSharp.Cuda;

namespace SparseLlm.Numerics.TorchSharp.Products;

/// <summary>The parts of <see cref="HalfParts"/> by one kernel, which reads each number once.</summary>
internal sealed class HalfPartsKernel(CudaModule module)
{
    private const int Threads = 256;
    private const int ColumnsOfThread = 4;

    private readonly CudaKernel kernel = module.Kernel("half_parts");

    /// <summary>Three parts, each as large as x.</summary>
    /// <param name="x">[m x k], of which the numbers of a row are consecutive.</param>
    /// <param name="dimension">0 for parts one below the other, 1 for parts side by side.</param>
    /// <param name="lows">Bit p says whether part p is the low half.</param>
    /// <returns>[3m x k] or [m x 3k].</returns>
    public Tensor Parts(Tensor x, int dimension, int lows)
    {
        (long rows, long columns) = (x.shape[0], x.shape[1]);
        bool isBelow = dimension == 0;
        Tensor parts = torch.empty(
            isBelow ? 3 * rows : rows,
            isBelow ? columns : 3 * columns,
            torch.bfloat16,
            x.device);
        bool isAligned = columns % ColumnsOfThread == 0 && x.stride(0) % ColumnsOfThread == 0
            && CudaKernel.Address(x) % (ColumnsOfThread * sizeof(float)) == 0;
        const int ColumnsOfBlock = Threads * ColumnsOfThread;
        kernel.Launch(
            rows * ((columns + ColumnsOfBlock - 1) / ColumnsOfBlock), Threads, sharedBytes: 0,
            [
                CudaKernel.Address(x), CudaKernel.Address(parts), columns, x.stride(0), isBelow
                    ? rows * columns
                    : columns, isBelow ? columns : 3 * columns, lows,
                isAligned ? 1 : 0,
            ]);
        return parts;
    }
}
