using SparseLlm.Numerics.TorchSharp.Selection;

namespace SparseLlm.Numerics.TorchSharp.Pruning;

/// <summary>
/// The OBS sweep of SparseGPT (Frantar and Alistarh 2023, algorithm 1), in blocks of columns: select, sweep the block
/// column by column, then w[:, rest] -= E U[block, rest] as one product. A block is swept by a kernel of its own, or by
/// tensor operations: transposed, so that its columns are contiguous.
/// </summary>
/// <param name="weights">[n x d]; changed in place.</param>
/// <param name="u">[d x d], upper triangular, double precision.</param>
/// <param name="mask">[n x d]; receives 1 where kept, 0 where pruned.</param>
/// <param name="sweep">What sweeps a block at once, where there is such a thing.</param>
/// <param name="selection">What selects exactly as many, where there is such a thing.</param>
internal sealed class ObsSweep(
    Tensor weights, Tensor u, Tensor mask, SweepKernel? sweep, KeepLargestKernel? selection)
{
    private readonly long rows = weights.shape[0];
    private readonly long columns = weights.shape[1];

    /// <summary>Prunes exactly <paramref name="zeros"/> weights, each block its even share.</summary>
    public void PruneUnstructured(long zeros, int blockSize) => Sweep(blockSize, (start, width, diagonal) =>
    {
        Tensor block = weights.narrow(1, start, width);
        Tensor scores = block.div(diagonal).abs_();
        long keep = scores.numel() - EvenShares.Of(zeros, start, start + width, columns);
        Tensor kept = ExactSelection.KeepLargest(scores, keep, selection);
        if (sweep is not null && width <= SweepKernel.MaximumWidth)
        {
            SweepAtOnce(sweep, kept, start, group: 0, keep: 0);
        }
        else
        {
            Tensor transposed = kept.t().contiguous();
            SweepByColumns(block.t().contiguous(), transposed, Divisors(transposed, diagonal), start, _ => { });
        }
    });

    /// <summary>Prunes exactly <paramref name="zeros"/> weights of each group, chosen when the sweep reaches
    /// it.</summary>
    public void PruneGroups(int zeros, int group, int blockSize)
    {
        Tensor keep = torch.tensor((long)(group - zeros), torch.int64, weights.device);
        Sweep(Math.Max(1, blockSize / group) * group, (start, width, diagonal) =>
        {
            if (sweep is not null && width <= SweepKernel.MaximumWidth && SweepKernel.Takes(group))
            {
                SweepAtOnce(
                    sweep,
                    torch.empty(rows, width, torch.@bool, weights.device),
                    start,
                    group,
                    group - zeros);
                return;
            }

            Tensor block = weights.narrow(1, start, width).t().contiguous();
            Tensor kept = torch.empty(width, rows, torch.@bool, weights.device);
            Tensor divisors = torch.empty(width, rows, torch.float32, weights.device);
            SweepByColumns(block, kept, divisors, start, column =>
            {
                if (column % group == 0)
                {
                    Tensor groupDiagonal = diagonal.narrow(0, column, group);
                    Tensor scores = block.narrow(0, column, group).t().div(groupDiagonal).abs_();
                    Tensor groupKept = kept.narrow(0, column, group);
                    groupKept.copy_(ExactSelection.KeepLargestPerRow(scores, keep).t());
                    divisors.narrow(0, column, group).copy_(Divisors(groupKept, groupDiagonal));
                }
            });
        });
    }

    /// <summary>What a weight is divided by to give its error, [width x n]: u_jj where it is pruned, infinity where it
    /// is kept and has none.</summary>
    private static Tensor Divisors(Tensor kept, Tensor diagonal) =>
        diagonal.unsqueeze(1).expand(kept.shape).masked_fill(kept, Kept(float.PositiveInfinity));

    /// <summary>Calls <paramref name="prune"/> with the first column, width and diagonal of U of each block.</summary>
    private void Sweep(int blockSize, Action<long, long, Tensor> prune)
    {
        for (long start = 0; start < columns; start += blockSize)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            long width = Math.Min(blockSize, columns - start);
            prune(start, width, u.diagonal(0, 0, 1).narrow(0, start, width).@float());
        }
    }

    /// <summary>Sweeps a block by one kernel.</summary>
    private void SweepAtOnce(SweepKernel kernel, Tensor kept, long start, int group, int keep)
    {
        long width = kept.shape[1];
        Tensor factors = Factors(start, width);
        Tensor errors = kernel.Sweep(
            weights.narrow(1, start, width),
            factors.narrow(1, 0, width).contiguous(),
            kept,
            group,
            keep);
        mask.narrow(1, start, width).copy_(kept);
        TellLaterColumns(errors, factors, start);
    }

    /// <summary>
    /// Sweeps a block by tensor operations. A column takes two: e = (w_j - q_j) / u_jj, and w[:, j:] -= e u[j, j:] up
    /// to the end of the block. Nothing else is as frequent, and a device computes each faster than it is told to.
    /// </summary>
    /// <param name="block">[width x n], the block's weights.</param>
    /// <param name="kept">[width x n], true where kept.</param>
    /// <param name="divisors">[width x n], of <see cref="Divisors"/>.</param>
    /// <param name="start">The block's first column.</param>
    /// <param name="select">Called with each column of the block before it is pruned; may fill <paramref name="kept"/>
    /// and <paramref name="divisors"/>.</param>
    private void SweepByColumns(Tensor block, Tensor kept, Tensor divisors, long start, Action<long> select)
    {
        long width = block.shape[0];
        Tensor factors = Factors(start, width);
        Tensor transposed = factors.narrow(1, 0, width).t().contiguous();
        var columnErrors = new List<Tensor>();
        for (long j = 0; j < width; j++)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            select(j);
            Tensor error = block.narrow(0, j, 1).div(divisors.narrow(0, j, 1)).MoveToOuterDisposeScope();
            columnErrors.Add(error);
            long later = width - j - 1;
            block.narrow(0, j + 1, later).addmm_(transposed.narrow(0, j + 1, later).narrow(1, j, 1), error, 1, -1);
        }

        block.masked_fill_(kept.logical_not(), Kept(0));
        weights.narrow(1, start, width).copy_(block.t());
        mask.narrow(1, start, width).copy_(kept.t());
        TellLaterColumns(torch.cat(columnErrors).t(), factors, start);
    }

    /// <summary>The rows of U of a block, from its first column on, in single precision.</summary>
    private Tensor Factors(long start, long width)
        => u.narrow(0, start, width).narrow(1, start, columns - start).@float();

    /// <summary>w[:, rest] -= E U[block, rest].</summary>
    private void TellLaterColumns(Tensor errors, Tensor factors, long start)
    {
        long width = factors.shape[0];
        long end = start + width;
        if (end < columns)
        {
            weights.narrow(1, end, columns - end).addmm_(errors, factors.narrow(1, width, columns - end), 1, -1);
        }
    }
}
