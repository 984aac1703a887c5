using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Quantization;

/// <summary>Quantises a matrix in blocks of columns: some rows at a time by <see cref="QuantizationTile"/>, then all
/// columns learn of a block by one product.</summary>
internal sealed unsafe class Quantization(
    MatrixProduct<float> products,
    WorkerTeam team,
    BufferPool pool,
    int group,
    CodeRange codes)
{
    /// <summary>See <see cref="IQuantizationKernels.ChooseScales"/>.</summary>
    public void ChooseScales(View<float> weights, View<float> mask, float* importance, View<float> scales)
    {
        int groups = scales.Columns;
        team.Run((weights.Rows + RowTile.Rows - 1) / RowTile.Rows * groups, item =>
        {
            int start = item % groups * group;
            int width = Math.Min(group, weights.Columns - start);
            Tile tile = TileOf(item / groups, weights.Rows);
            using Scratch<float> scratch = pool.RentScratch<float>(2 * RowTile.Length(width));
            float* kept = scratch.Data + RowTile.Length(width);
            float* chosen = stackalloc float[RowTile.Rows];
            RowTile.Load(weights.Block(tile.Row, start, tile.Count, width), scratch.Data);
            RowTile.Load(mask.Block(tile.Row, start, tile.Count, width), kept);
            QuantizationTile.ChooseScale(
                scratch.Data,
                kept,
                new ReadOnlySpan<float>(importance + start, width),
                codes,
                chosen);
            RowTile.Store(chosen, scales.Block(tile.Row, item % groups, tile.Count, 1));
        });
    }

    /// <summary>See <see cref="IQuantizationKernels.QuantizeDescent"/>.</summary>
    public void Descend(
        View<float> weights, View<float> gradient, View<float> h, View<float> mask, View<float> scales, int blockSize)
    {
        int columns = weights.Columns;
        int step = Math.Max(1, blockSize / group) * group;
        step = step > blockSize ? blockSize : step;
        using Scratch<float> changes = pool.RentScratch<float>((nint)Math.Min(step, columns) * weights.Rows);
        for (int start = 0; start < columns; start += step)
        {
            int width = Math.Min(step, columns - start);
            var blockChanges = new View<float>(changes.Data, weights.Rows, width);
            View<float> within = h.Block(start, start, width, width);
            ForTiles(weights, mask, scales, start, width, (tile, w, kept, s, other) =>
            {
                float* slopes = other + RowTile.Length(width);
                RowTile.Load(gradient.Block(tile.Row, start, tile.Count, width), slopes);
                QuantizationTile.Descend(w, kept, slopes, within, s, start % group, group, codes, other);
                RowTile.Store(w, weights.Block(tile.Row, start, tile.Count, width));
                RowTile.Store(other, blockChanges.Block(tile.Row, 0, tile.Count, width));
                RowTile.Store(s, scales.Block(tile.Row, start / group, tile.Count, Groups(start, width)));
            });
            products.Multiply(blockChanges, h.Block(start, 0, width, columns), gradient, 1, 1);
        }
    }

    private int Groups(int start, int width) => (start + width - 1) / group - start / group + 1;

    private static Tile TileOf(int item, int rows)
    {
        int row = item * RowTile.Rows;
        return new Tile(row, Math.Min(RowTile.Rows, rows - row));
    }

    /// <summary>Runs an action on every tile of a block of columns, with its weights, mask and scales, and room for two
    /// other operands.</summary>
    private void ForTiles(
        View<float> weights, View<float> mask, View<float> scales, int start, int width, TileAction action)
    {
        int groups = Groups(start, width);
        team.Run((weights.Rows + RowTile.Rows - 1) / RowTile.Rows, item =>
        {
            Tile tile = TileOf(item, weights.Rows);
            nint length = RowTile.Length(width);
            using Scratch<float> scratch = pool.RentScratch<float>(
                4 * length + RowTile.Length(groups));
            float* kept = scratch.Data + length;
            float* other = kept + length;
            float* scale = other + 2 * length;
            RowTile.Load(weights.Block(tile.Row, start, tile.Count, width), scratch.Data);
            RowTile.Load(mask.Block(tile.Row, start, tile.Count, width), kept);
            RowTile.Load(scales.Block(tile.Row, start / group, tile.Count, groups), scale);
            action(tile, scratch.Data, kept, scale, other);
        });
    }

    private delegate void TileAction(Tile tile, float* weights, float* kept, float* scales, float* other);

    private readonly record struct Tile(int Row, int Count);
}
