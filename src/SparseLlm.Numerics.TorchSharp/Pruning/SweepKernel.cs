using SparseLlm.Numerics.TorchSharp.Cuda;

namespace SparseLlm.Numerics.TorchSharp.Pruning;

/// <summary>
/// A block of the sweep as one kernel. Told column by column, a device waits for its host: on an H100 a block of 128
/// columns of 4096 rows takes 0.1 ms by this kernel and 4 ms by two tensor operations a column.
/// </summary>
internal sealed class SweepKernel(CudaModule module)
{
    /// <summary>The widest block: a lane of a warp has four columns.</summary>
    public const long MaximumWidth = 128;

    private const int Threads = 512;
    private const int Lanes = 32;

    private readonly CudaKernel kernel = module.Kernel("obs_sweep", SharedBytes(MaximumWidth));

    /// <summary>Whether a group lies within the lanes of a warp.</summary>
    public static bool Takes(int group) => Lanes % group == 0;

    /// <summary>Sweeps a block.</summary>
    /// <param name="block">[n x width], rows of a wider matrix; changed in place.</param>
    /// <param name="u">[width x width], contiguous: the block's part of the factor in single precision.</param>
    /// <param name="kept">[n x width], contiguous, true where kept; written where groups are chosen.</param>
    /// <param name="group">0, or the size of the groups of which the largest <paramref name="keep"/> are chosen when
    /// the sweep reaches them.</param>
    /// <param name="keep">How many of each group to keep.</param>
    /// <returns>The errors, [n x width].</returns>
    public Tensor Sweep(Tensor block, Tensor u, Tensor kept, int group, int keep)
    {
        long rows = block.shape[0];
        long width = block.shape[1];
        Tensor errors = torch.empty(rows, width, torch.float32, block.device);
        const int RowsOfBlock = Threads / Lanes;
        kernel.Launch(
            (rows + RowsOfBlock - 1) / RowsOfBlock, Threads, SharedBytes(width),
            [
                CudaKernel.Address(block), CudaKernel.Address(errors), CudaKernel.Address(u), CudaKernel.Address(kept),
                rows, width, block.stride(0), group, keep,
            ]);
        return errors;
    }

    private static int SharedBytes(long width) => checked((int)(width * width * sizeof(float)));
}
