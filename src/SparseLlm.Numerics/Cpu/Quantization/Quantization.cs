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
        team.Run((weights.Rows + QuantizationTile.Rows - 1) / QuantizationTile.Rows * groups, item =>
        {
            int start = item % groups * group;
            int width = Math.Min(group, weights.Columns - start);
            Tile tile = TileOf(item / groups, weights.Rows);
            using Scratch<float> scratch = pool.RentScratch<float>(2 * QuantizationTile.Length(width));
            float* kept = scratch.Data + QuantizationTile.Length(width);
            float* chosen = stackalloc float[QuantizationTile.Rows];
            QuantizationTile.Load(weights.Block(tile.Row, start, tile.Count, width), scratch.Data);
            QuantizationTile.Load(mask.Block(tile.Row, start, tile.Count, width), kept);
            QuantizationTile.ChooseScale(
                scratch.Data,
                kept,
                new ReadOnlySpan<float>(importance + start, width),
                codes,
                chosen);
            QuantizationTile.Store(chosen, scales.Block(tile.Row, item % groups, tile.Count, 1));
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
                float* slopes = other + QuantizationTile.Length(width);
                QuantizationTile.Load(gradient.Block(tile.Row, start, tile.Count, width), slopes);
                QuantizationTile.Descend(w, kept, slopes, within, s, start % group, group, codes, other);
                QuantizationTile.Store(w, weights.Block(tile.Row, start, tile.Count, width));
                QuantizationTile.Store(other, blockChanges.Block(tile.Row, 0, tile.Count, width));
                QuantizationTile.Store(s, scales.Block(tile.Row, start / group, tile.Count, Groups(start, width)));
            });
            products.Multiply(blockChanges, h.Block(start, 0, width, columns), gradient, 1, 1);
        }
    }

    private int Groups(int start, int width) => (start + width - 1) / group - start / group + 1;

    private static Tile TileOf(int item, int rows)
    {
        int row = item * QuantizationTile.Rows;
        return new Tile(row, Math.Min(QuantizationTile.Rows, rows - row));
    }

    /// <summary>Runs an action on every tile of a block of columns, with its weights, mask and scales, and room for two
    /// other operands.</summary>
    private void ForTiles(
        View<float> weights, View<float> mask, View<float> scales, int start, int width, TileAction action)
    {
        int groups = Groups(start, width);
        team.Run((weights.Rows + QuantizationTile.Rows - 1) / QuantizationTile.Rows, item =>
        {
            Tile tile = TileOf(item, weights.Rows);
            nint length = QuantizationTile.Length(width);
            using Scratch<float> scratch = pool.RentScratch<float>(
                4 * length + QuantizationTile.Length(groups));
            float* kept = scratch.Data + length;
            float* other = kept + length;
            float* scale = other + 2 * length;
            QuantizationTile.Load(weights.Block(tile.Row, start, tile.Count, width), scratch.Data);
            QuantizationTile.Load(mask.Block(tile.Row, start, tile.Count, width), kept);
            QuantizationTile.Load(scales.Block(tile.Row, start / group, tile.Count, groups), scale);
            action(tile, scratch.Data, kept, scale, other);
        });
    }

    private delegate void TileAction(Tile tile, float* weights, float* kept, float* scales, float* other);

    private readonly record struct Tile(int Row, int Count);
}
