using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// The matrix product after Goto and van de Geijn 2008: b packed in strips that stay in the first-level cache, a in
/// blocks that stay in the second, the innermost loop in registers. All of k of a panel of b is packed at once, so that
/// there is one synchronisation per panel. Sums are split every <see cref="DepthBlock"/> terms whatever the machine, so
/// that all kernels and numbers of threads give the same bits.
/// </summary>
internal sealed unsafe partial class BlockedProduct<T, TKernel>(WorkerTeam team, BufferPool pool) : MatrixProduct<T>
    where T : unmanaged, INumber<T>
    where TKernel : struct, IMicroKernel<T>
{
    private const int DepthBlock = 384;
    private const int PanelColumns = 4096;
    private const long PanelBytes = 1 << 26;
    private const int StripsPerPackingItem = 8;
    private const int ItemsPerThread = 4;

    public override void Multiply(View<T> a, View<T> b, View<T> c, T alpha, T beta, Zeros zeros = Zeros.None)
    {
        if (c.Length == 0)
        {
            return;
        }

        if (a.Columns == 0 || alpha == T.Zero)
        {
            for (int row = 0; row < c.Rows; row++)
            {
                Tile.Scale(c.At(row, 0), c.Columns, beta);
            }

            return;
        }

        if (zeros == Zeros.None && ThinProduct<T>.Fits(a, b))
        {
            new ThinProduct<T>(team).Multiply(a, b, c, alpha, beta);
            return;
        }

        Run(a, b, c, alpha, beta, zeros);
    }

    public override void Accumulate(View<T> a, View<T> b, View<double> c, Zeros zeros = Zeros.None)
    {
        if (c.Length > 0 && a.Columns > 0)
        {
            Run(a, b, c, T.One, T.One, zeros);
        }
    }

    public override nint PackedLength(int depth, int columns) => depth * Padded(columns);

    public override PackedFactor<T> Pack(View<T> b, T* destination)
    {
        var packed = new PackedFactor<T>(destination, b.Rows, b.Columns);
        for (int depth = 0; depth < b.Rows; depth += DepthBlock)
        {
            PackStrips(b, packed, depth, 0, b.Columns);
        }

        return packed;
    }

    public override void MultiplyPacked(
        View<T> a,
        PackedFactor<T> b,
        int firstDepth,
        int firstColumn,
        View<T> c,
        T alpha) =>
        MultiplyRows(a, b, firstDepth, firstColumn, c, alpha, T.Zero, Zeros.None, 0, 0);

    /// <summary>Panels of b; in each, blocks of rows of a are the work items.</summary>
    private void Run<TResult>(View<T> a, View<T> b, View<TResult> c, T alpha, T beta, Zeros zeros)
        where TResult : unmanaged, INumber<TResult>
    {
        int depth = b.Rows;
        int widest = (int)Math.Clamp(PanelBytes / sizeof(T) / depth, 256, PanelColumns);
        int panels = (c.Columns + widest - 1) / widest;
        int panelColumns = (int)Padded((c.Columns + panels - 1) / panels);
        using Scratch<T> scratch = pool.RentScratch<T>(PackedLength(depth, Math.Min(panelColumns, c.Columns)));
        T* destination = scratch.Data;

        for (int first = 0; first < c.Columns; first += panelColumns)
        {
            int firstColumn = first;
            int columns = Math.Min(panelColumns, c.Columns - first);
            View<T> panel = b.Block(0, first, depth, columns);
            var packed = new PackedFactor<T>(destination, depth, columns);
            PackInParallel(panel, packed);

            (int rowsPerItem, int columnsPerItem) = ItemShape(c.Rows, columns);
            int columnItems = (columns + columnsPerItem - 1) / columnsPerItem;
            team.Run((c.Rows + rowsPerItem - 1) / rowsPerItem * columnItems, item =>
            {
                int row = item / columnItems * rowsPerItem;
                int column = item % columnItems * columnsPerItem;
                int rows = Math.Min(rowsPerItem, c.Rows - row);
                int width = Math.Min(columnsPerItem, columns - column);
                MultiplyRows(
                    a.Block(row, 0, rows, depth), packed, 0, column, c.Block(row, firstColumn + column, rows, width),
                    alpha, beta, zeros, row, firstColumn + column);
            });
        }
    }

    private void PackInParallel(View<T> b, PackedFactor<T> packed)
    {
        int columnsPerItem = StripsPerPackingItem * TKernel.Columns;
        int columnItems = (b.Columns + columnsPerItem - 1) / columnsPerItem;
        int depthItems = (b.Rows + DepthBlock - 1) / DepthBlock;
        team.Run(columnItems * depthItems, item =>
        {
            int column = item % columnItems * columnsPerItem;
            PackStrips(
                b,
                packed,
                item / columnItems * DepthBlock,
                column,
                Math.Min(columnsPerItem, b.Columns - column));
        });
    }

    private static void PackStrips(View<T> b, PackedFactor<T> packed, int depth, int column, int columns)
    {
        int count = Math.Min(DepthBlock, b.Rows - depth);
        T* destination = packed.Data + depth * Padded(packed.Columns) + (nint)column * count;
        Packing.Pack(b.Block(depth, column, count, columns).Transposed, TKernel.Columns, destination);
    }

    /// <summary>
    /// c = alpha a b + beta c for a block of rows, on the calling thread. The position of c in the whole result, (row,
    /// column), is what clips the range of k.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyRows<TResult>(
        View<T> a, PackedFactor<T> b, int firstDepth, int firstColumn, View<TResult> c, T alpha, T beta, Zeros zeros,
        int row, int column)
        where TResult : unmanaged, INumber<TResult>
    {
        int lastDepth = firstDepth + a.Columns;
        using Scratch<T> scratch = pool.RentScratch<T>(
            (nint)DepthBlock * RowsPadded(Math.Min(TKernel.RowBlock, a.Rows)));
        T* packedRows = scratch.Data;
        using Scratch<T> sums = pool.RentScratch<T>(RowsPadded(Math.Min(TKernel.RowBlock, a.Rows)) * TKernel.Columns);

        for (int top = 0; top < a.Rows; top += TKernel.RowBlock)
        {
            int rows = Math.Min(TKernel.RowBlock, a.Rows - top);
            View<TResult> block = c.Block(top, 0, rows, c.Columns);
            bool accumulate = beta != T.Zero;
            if (accumulate && beta != T.One)
            {
                for (int i = 0; i < rows; i++)
                {
                    Tile.Scale(block.At(i, 0), block.Columns, TResult.CreateTruncating(beta));
                }
            }

            for (
                int blockStart = firstDepth / DepthBlock * DepthBlock;
                blockStart < lastDepth;
                blockStart += DepthBlock)
            {
                int start = Math.Max(blockStart, firstDepth);
                int end = Math.Min(blockStart + DepthBlock, lastDepth);
                int stripDepth = Math.Min(DepthBlock, b.Depth - blockStart);
                View<T> part = a.Block(top, start - firstDepth, rows, end - start);
                Packing.Pack(part, TKernel.Rows, packedRows);
                if (alpha != T.One)
                {
                    Tile.Scale(packedRows, RowsPadded(rows) * part.Columns, alpha);
                }

                T* strips = b.Data + blockStart * Padded(b.Columns) + (nint)firstColumn * stripDepth
                    + (nint)(start - blockStart) * TKernel.Columns;
                MultiplyBlock(
                    packedRows,
                    strips,
                    stripDepth,
                    start,
                    end,
                    block,
                    accumulate,
                    zeros,
                    row + top,
                    column,
                    sums.Data);
                accumulate = true;
            }
        }
    }

    /// <summary>
    /// c = a b for one block of k. A strip of b goes part by part (<see cref="IMicroKernel{T}.StripDepth"/>); what the
    /// parts before summed up waits in <paramref name="begun"/>, so that every sum is taken term by term all the same.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlock<TResult>(
        T* a, T* b, int stripDepth, int start, int end, View<TResult> c, bool accumulate, Zeros zeros, int row,
        int column, T* begun)
        where TResult : unmanaged, INumber<TResult>
    {
        bool isUpper = zeros.HasFlag(Zeros.UpperC);
        int parts = (end - start + TKernel.StripDepth - 1) / TKernel.StripDepth;
        for (
            int j = isUpper ? Math.Max(0, row - column) / TKernel.Columns * TKernel.Columns : 0;
            j < c.Columns;
            j += TKernel.Columns)
        {
            int width = Math.Min(TKernel.Columns, c.Columns - j);
            int rows = isUpper ? Math.Min(c.Rows, column + j + width - row) : c.Rows;
            int tiles = (rows + TKernel.Rows - 1) / TKernel.Rows;
            T* strip = b + (nint)j * stripDepth;
            T* nextStrip = j + width < c.Columns ? strip + (nint)TKernel.Columns * stripDepth : null;
            nint prefetched = (nint)stripDepth * TKernel.Columns / (parts * tiles);
            for (int part = 0; part < parts; part++)
            {
                int partStart = start + part * TKernel.StripDepth;
                int partEnd = Math.Min(end, partStart + TKernel.StripDepth);
                T* sums = begun;
                for (int i = 0; i < rows; i += TKernel.Rows)
                {
                    if (nextStrip is not null)
                    {
                        Prefetch.IntoSecondLevel((byte*)nextStrip, prefetched * sizeof(T));
                        nextStrip += prefetched;
                    }

                    (int from, int to) = Depths(zeros, start, end, row + i, column + j, width);
                    int first = Math.Max(from, partStart);
                    int count = Math.Max(0, Math.Min(to, partEnd) - first);
                    bool isBegun = from < partStart;
                    bool isUnfinished = to > partEnd;
                    if (count > 0 || !(accumulate || isBegun || isUnfinished))
                    {
                        nint skipped = count > 0 ? first - start : 0;
                        MultiplyTile(
                            count, a + (nint)i * (end - start) + skipped * TKernel.Rows, strip
                                + skipped * TKernel.Columns, sums, isBegun, isUnfinished,
                            c.Block(i, j, Math.Min(TKernel.Rows, c.Rows - i), width), accumulate, isUpper
                                ? row + i - column - j
                                : -TKernel.Rows);
                    }

                    sums += TKernel.Rows * TKernel.Columns;
                }
            }
        }
    }

    /// <summary>The terms of k that count in a tile: the others have a factor that is known to be zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int From, int To) Depths(Zeros zeros, int start, int end, int row, int column, int columns)
    {
        int from = zeros.HasFlag(Zeros.UpperA) ? Math.Max(start, row) : start;
        int to = zeros.HasFlag(Zeros.LowerA) ? Math.Min(end, row + TKernel.Rows) : end;
        return (
            zeros.HasFlag(Zeros.LowerB) ? Math.Max(from, column) : from,
            zeros.HasFlag(Zeros.UpperB) ? Math.Min(to, column + columns) : to);
    }

    /// <summary>
    /// Some terms of one tile. Sums that are not finished go to <paramref name="sums"/>; of those that are, row i is
    /// written from column
    /// <paramref name="diagonal"/> + i on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile<TResult>(
        int depth, T* a, T* b, T* sums, bool isBegun, bool isUnfinished, View<TResult> c, bool accumulate, int diagonal)
        where TResult : unmanaged, INumber<TResult>
    {
        T* begun = isBegun ? sums : null;
        if (isUnfinished)
        {
            TKernel.Run(depth, a, b, begun, sums, TKernel.Columns, accumulate: false);
            return;
        }

        Prefetch.Rows((byte*)c.Data, c.Rows, c.RowStride * sizeof(TResult), c.Columns * sizeof(TResult));
        if (typeof(TResult) == typeof(T) && c.Columns == TKernel.Columns && c.Rows == TKernel.Rows
            && diagonal + TKernel.Rows <= 1)
        {
            TKernel.Run(depth, a, b, begun, (T*)c.Data, c.RowStride, accumulate);
        }
        else
        {
            TKernel.Run(depth, a, b, begun, sums, TKernel.Columns, accumulate: false);
            Tile.Store(sums, TKernel.Columns, c, accumulate, diagonal);
        }
    }

    private static nint Padded(int columns)
        => (nint)(columns + TKernel.Columns - 1) / TKernel.Columns * TKernel.Columns;

    private static nint RowsPadded(int rows) => (nint)(rows + TKernel.Rows - 1) / TKernel.Rows * TKernel.Rows;

    /// <summary>
    /// Rows and columns of a work item: as many items as keep the threads evenly busy, each large enough to be worth
    /// packing its rows of a. No sum is split here, so that the number of threads may take part.
    /// </summary>
    private (int Rows, int Columns) ItemShape(int rows, int columns)
    {
        if (team.Threads == 1)
        {
            return (rows, columns);
        }

        int items = team.Threads * ItemsPerThread;
        int rowsPerItem = (int)Math.Min(TKernel.RowBlock, Math.Max(2 * TKernel.Rows, RowsPadded(rows / items)));
        int rowItems = (rows + rowsPerItem - 1) / rowsPerItem;
        int columnItems = Math.Max(1, team.Threads * 2 / rowItems);
        int columnsPerItem = (int)Padded(Math.Max(256, (columns + columnItems - 1) / columnItems));
        return (rowsPerItem, columnsPerItem);
    }
}
