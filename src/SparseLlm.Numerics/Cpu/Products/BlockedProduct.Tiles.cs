using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// Products with a factor that is made as it is needed: here a is packed once, and strips of b come and go in the
/// first-level cache. Sums are taken as in all blocked products.
/// </summary>
internal sealed unsafe partial class BlockedProduct<T, TKernel>
{
    /// <summary>Rows of b that are transposed at once: together they take a third of the first-level cache.</summary>
    private const int TileRows = 8;

    /// <summary>Strips per work item at most: the part of c that they are added to stays in the second-level
    /// cache.</summary>
    private const int StripsPerItem = 8;

    private const int RowsPerPackingItem = 4;

    /// <summary>Rows of a that are packed at once, which bounds the memory.</summary>
    private static int MostRows => 2 * TKernel.RowBlock;

    public override void MultiplyTiles(View<T> a, TileReader<T> b, View<T> c)
    {
        using Scratch<T> packed = pool.RentScratch<T>(RowsPadded(Math.Min(MostRows, a.Rows)) * a.Columns);
        for (int row = 0; row < a.Rows; row += MostRows)
        {
            int rows = Math.Min(MostRows, a.Rows - row);
            PackRowsInParallel(a.Block(row, 0, rows, a.Columns), packed.Data);
            MultiplyStripsInParallel(packed.Data, a.Columns, b, c.Block(row, 0, rows, c.Columns));
        }
    }

    /// <summary>Blocks of k one after the other, in each strips of rows.</summary>
    private void PackRowsInParallel(View<T> a, T* packed)
    {
        int rowsPerItem = RowsPerPackingItem * TKernel.Rows;
        int rowItems = (a.Rows + rowsPerItem - 1) / rowsPerItem;
        team.Run((a.Columns + DepthBlock - 1) / DepthBlock * rowItems, item =>
        {
            int depth = item / rowItems * DepthBlock;
            int row = item % rowItems * rowsPerItem;
            int count = Math.Min(DepthBlock, a.Columns - depth);
            Packing.Pack(
                a.Block(row, depth, Math.Min(rowsPerItem, a.Rows - row), count),
                TKernel.Rows,
                packed + depth * RowsPadded(a.Rows) + (nint)row * count);
        });
    }

    private void MultiplyStripsInParallel(T* a, int depth, TileReader<T> b, View<T> c)
    {
        int strips = (c.Columns + TKernel.Columns - 1) / TKernel.Columns;
        int columnsPerItem = Math.Clamp(strips / (team.Threads * ItemsPerThread), 1, StripsPerItem) * TKernel.Columns;
        team.Run((c.Columns + columnsPerItem - 1) / columnsPerItem, item =>
        {
            int column = item * columnsPerItem;
            MultiplyStrips(
                a,
                depth,
                b,
                column,
                c.Block(0, column, c.Rows, Math.Min(columnsPerItem, c.Columns - column)));
        });
    }

    /// <summary>Some columns of c, on the calling thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyStrips(T* a, int depth, TileReader<T> b, int firstColumn, View<T> c)
    {
        using Scratch<T> tile = pool.RentScratch<T>(TileRows * DepthBlock);
        using Scratch<T> strip = pool.RentScratch<T>((nint)TKernel.Columns * DepthBlock);
        using Scratch<T> sums = pool.RentScratch<T>(RowsPadded(Math.Min(TKernel.RowBlock, c.Rows)) * TKernel.Columns);
        for (int start = 0; start < depth; start += DepthBlock)
        {
            int count = Math.Min(DepthBlock, depth - start);
            T* rows = a + start * RowsPadded(c.Rows);
            for (int column = 0; column < c.Columns; column += TKernel.Columns)
            {
                int width = Math.Min(TKernel.Columns, c.Columns - column);
                ReadStrip(b, firstColumn + column, width, start, count, tile.Data, strip.Data);
                for (int top = 0; top < c.Rows; top += TKernel.RowBlock)
                {
                    View<T> block = c.Block(top, column, Math.Min(TKernel.RowBlock, c.Rows - top), width);
                    MultiplyBlock(
                        rows + (nint)top * count,
                        strip.Data,
                        count,
                        start,
                        start + count,
                        block,
                        start > 0,
                        Zeros.None,
                        0,
                        0,
                        sums.Data);
                }
            }
        }
    }

    /// <summary>Rows of b as a strip of columns.</summary>
    private static void ReadStrip(TileReader<T> b, int first, int width, int depth, int count, T* tile, T* strip)
    {
        if (width < TKernel.Columns)
        {
            new Span<T>(strip, TKernel.Columns * count).Clear();
        }

        for (int row = 0; row < width; row += TileRows)
        {
            var view = new View<T>(tile, Math.Min(TileRows, width - row), count, DepthBlock, 1);
            b(first + row, depth, view);
            Transposition.Transpose(view, strip + row, TKernel.Columns);
        }
    }
}
