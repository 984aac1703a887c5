using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>
/// The OBS sweep of SparseGPT (Frantar and Alistarh 2023, algorithm 1), in blocks of columns: select, sweep the block
/// (<see cref="ObsTile"/>), then w[:, rest] -= E U[block, rest] as one product.
/// </summary>
internal sealed unsafe class ObsSweep(MatrixProduct<float> products, WorkerTeam team, BufferPool pool)
{
    /// <summary>Prunes exactly <paramref name="zeros"/> weights, each block its even share.</summary>
    public void PruneUnstructured(View<float> weights, View<double> u, long zeros, int blockSize, View<float> mask) =>
        Sweep(weights, u, blockSize, zeros, group: null, mask);

    /// <summary>Prunes exactly <paramref name="zeros"/> weights of each group.</summary>
    public void PruneGroups(View<float> weights, View<double> u, int zeros, int group, int blockSize, View<float> mask)
        =>
        Sweep(weights, u, Math.Max(1, blockSize / group) * group, zeros, group, mask);

    private void Sweep(View<float> weights, View<double> u, int blockSize, long zeros, int? group, View<float> mask)
    {
        int columns = weights.Columns;
        blockSize = Math.Min(blockSize, columns);
        using Scratch<float> factor = pool.RentScratch<float>((nint)blockSize * columns);
        using Scratch<float> errors = pool.RentScratch<float>((nint)blockSize * weights.Rows);
        using Scratch<float> scores = pool.RentScratch<float>((nint)blockSize * weights.Rows);
        using Scratch<float> selected = pool.RentScratch<float>((nint)blockSize * weights.Rows);
        for (int start = 0; start < columns; start += blockSize)
        {
            int width = Math.Min(blockSize, columns - start);
            int end = start + width;
            View<float> rows = Narrow(u.Block(start, start, width, columns - start), factor.Data);
            View<float> block = weights.Block(0, start, weights.Rows, width);
            View<float> blockMask = mask.Block(0, start, weights.Rows, width);
            var blockErrors = new View<float>(errors.Data, width, weights.Rows);
            if (group is null)
            {
                long prune = EvenShares.Of(zeros, start, end, columns);
                Select(block, rows, (nint)(block.Length - prune), scores.Data, selected.Data, blockMask);
            }

            team.Run((weights.Rows + RowTile.Rows - 1) / RowTile.Rows, item =>
            {
                int row = item * RowTile.Rows;
                int count = Math.Min(RowTile.Rows, weights.Rows - row);
                using Scratch<float> tile = pool.RentScratch<float>(ObsTile.ScratchLength(width));
                ObsTile.Sweep(
                    block.Block(row, 0, count, width), rows, blockMask.Block(row, 0, count, width),
                    blockErrors.Block(0, row, width, count), group is { } size ? (size, (int)zeros) : null, tile.Data);
            });

            if (end < columns)
            {
                products.Multiply(
                    blockErrors.Transposed, rows.Block(0, width, width, columns - end),
                    weights.Block(0, end, weights.Rows, columns - end), -1, 1);
            }
        }
    }

    /// <summary>The rows of U that a block needs, in single precision.</summary>
    private View<float> Narrow(View<double> u, float* destination)
    {
        var narrow = new View<float>(destination, u.Rows, u.Columns);
        Arithmetic.ForRows(
            team,
            narrow,
            i => TensorPrimitives.ConvertTruncating<double, float>(u.Row(i), narrow.Row(i)));
        return narrow;
    }

    /// <summary>Exact-k selection over a block by |w| / u_jj, which orders as its square does.</summary>
    private void Select(View<float> block, View<float> u, nint keep, float* scores, float* selected, View<float> mask)
    {
        var diagonal = new float[block.Columns];
        for (int j = 0; j < diagonal.Length; j++)
        {
            diagonal[j] = *u.At(j, j);
        }

        var score = new View<float>(scores, block.Rows, block.Columns);
        var kept = new View<float>(selected, block.Rows, block.Columns);
        Arithmetic.ForRows(team, block, i => TensorPrimitives.Divide(block.Row(i), diagonal, score.Row(i)));
        new RadixSelection(team, pool).KeepLargest(scores, score.Length, keep, selected);
        Arithmetic.ForRows(team, block, i => kept.Row(i).CopyTo(mask.Row(i)));
    }
}
