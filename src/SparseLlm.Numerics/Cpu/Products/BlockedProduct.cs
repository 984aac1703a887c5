using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// The matrix product after Goto and van de Geijn 2008: b packed in strips that stay in the first-level cache, a in blocks
/// that stay in the second, the innermost loop in registers. All of k of a panel of b is packed at once, so that there
/// is one synchronisation per panel. Sums are split every <see cref="DepthBlock"/> terms whatever the machine, so that all
/// kernels and numbers of threads give the same bits.
/// </summary>
internal sealed unsafe class BlockedProduct<T, TKernel>(WorkerTeam team, BufferPool pool) : MatrixProduct<T>
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

    public override void MultiplyPacked(View<T> a, PackedFactor<T> b, int firstDepth, int firstColumn, View<T> c, T alpha) =>
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
            PackStrips(b, packed, item / columnItems * DepthBlock, column, Math.Min(columnsPerItem, b.Columns - column));
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
        View<T> a, PackedFactor<T> b, int firstDepth, int firstColumn, View<TResult> c, T alpha, T beta, Zeros zeros, int row, int column)
        where TResult : unmanaged, INumber<TResult>
    {
        int lastDepth = firstDepth + a.Columns;
        using Scratch<T> scratch = pool.RentScratch<T>((nint)DepthBlock * RowsPadded(Math.Min(TKernel.RowBlock, a.Rows)));
        T* packedRows = scratch.Data;

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

            for (int blockStart = firstDepth / DepthBlock * DepthBlock; blockStart < lastDepth; blockStart += DepthBlock)
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
                MultiplyBlock(packedRows, strips, stripDepth, start, end, block, accumulate, zeros, row + top, column);
                accumulate = true;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlock<TResult>(
        T* a, T* b, int stripDepth, int start, int end, View<TResult> c, bool accumulate, Zeros zeros, int row, int column)
        where TResult : unmanaged, INumber<TResult>
    {
        T* tile = stackalloc T[TKernel.Rows * TKernel.Columns];
        int tileRows = (c.Rows + TKernel.Rows - 1) / TKernel.Rows;
        nint prefetched = (nint)stripDepth * TKernel.Columns * sizeof(T) / tileRows;
        for (int j = 0; j < c.Columns; j += TKernel.Columns)
        {
            int width = Math.Min(TKernel.Columns, c.Columns - j);
            T* strip = b + (nint)j * stripDepth;
            byte* nextStrip = j + width < c.Columns ? (byte*)(strip + (nint)TKernel.Columns * stripDepth) : null;
            for (int i = 0; i < c.Rows; i += TKernel.Rows)
            {
                if (nextStrip is not null)
                {
                    Prefetch.IntoSecondLevel(nextStrip, prefetched);
                    nextStrip += prefetched;
                }

                int tileRow = row + i;
                int tileColumn = column + j;
                if (zeros.HasFlag(Zeros.UpperC) && tileRow >= tileColumn + width)
                {
                    continue;
                }

                int from = start;
                int to = end;
                from = zeros.HasFlag(Zeros.UpperA) ? Math.Max(from, tileRow) : from;
                from = zeros.HasFlag(Zeros.LowerB) ? Math.Max(from, tileColumn) : from;
                to = zeros.HasFlag(Zeros.LowerA) ? Math.Min(to, tileRow + TKernel.Rows) : to;
                to = zeros.HasFlag(Zeros.UpperB) ? Math.Min(to, tileColumn + width) : to;
                int count = Math.Max(0, to - from);
                if (count == 0 && accumulate)
                {
                    continue;
                }

                nint skipped = count == 0 ? 0 : from - start;
                T* left = a + (nint)i * (end - start) + skipped * TKernel.Rows;
                T* right = strip + skipped * TKernel.Columns;
                int height = Math.Min(TKernel.Rows, c.Rows - i);
                bool crossesDiagonal = zeros.HasFlag(Zeros.UpperC) && tileRow + height > tileColumn + 1;
                if (typeof(TResult) == typeof(T) && width == TKernel.Columns && height == TKernel.Rows && !crossesDiagonal)
                {
                    TKernel.Run(count, left, right, (T*)c.At(i, j), c.RowStride, accumulate);
                }
                else
                {
                    Prefetch.Rows((byte*)c.At(i, j), height, c.RowStride * sizeof(TResult), width * sizeof(TResult));
                    TKernel.Run(count, left, right, tile, TKernel.Columns, accumulate: false);
                    int diagonal = crossesDiagonal ? tileRow - tileColumn : -height;
                    Tile.Store(tile, TKernel.Columns, c.Block(i, j, height, width), accumulate, diagonal);
                }
            }
        }
    }

    private static nint Padded(int columns) => (nint)(columns + TKernel.Columns - 1) / TKernel.Columns * TKernel.Columns;

    private static nint RowsPadded(int rows) => (nint)(rows + TKernel.Rows - 1) / TKernel.Rows * TKernel.Rows;

    /// <summary>
    /// Rows and columns of a work item: as many items as keep the threads evenly busy, each large enough to be worth packing
    /// its rows of a. No sum is split here, so that the number of threads may take part.
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
