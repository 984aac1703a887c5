using System.Runtime.CompilerServices;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>Goes through the codes of a row, some columns at a time, and brings them into the order of the columns, one
/// byte each.</summary>
/// <param name="rows">The matrix.</param>
/// <param name="row">The row.</param>
/// <param name="column">The first column, a multiple of 64.</param>
/// <param name="end">The column behind the last one.</param>
internal unsafe ref struct RowDecoder<TLanes>(in CodeRows rows, long row, int column, int end)
    where TLanes : struct, ICodeLanes
{
    /// <summary>Columns that are decoded at a time. Their codes and what is made of them stay in the first-level cache.
    /// </summary>
    public const int Columns = 4096;

    /// <summary>Bytes of the room that <see cref="Decode"/> needs.</summary>
    public const int Room = 2 * Columns + 128;

    private readonly ref readonly CodeRows rows = ref rows;
    private readonly byte* codes = rows.Codes + rows.Start(row);
    private long next = rows.Mask is null ? column : column == 0 ? 0 : rows.Count(row, 0, column);
    private int column = column;

    /// <summary>Columns that are next.</summary>
    public readonly int Width => Math.Min(Columns, end - column);

    /// <summary>The codes of the next <see cref="Width"/> columns, and anything behind them up to a multiple of 64.
    /// </summary>
    /// <param name="room">Memory for them, which they are not always in.</param>
    public sbyte* Decode(sbyte* room)
    {
        int width = Width;
        byte* mask = Mask;
        sbyte* values = Next(mask is null ? room : room + Columns);
        if (mask is null)
        {
            return values;
        }

        TLanes.Place(values, mask, width, room);
        return room;
    }

    /// <summary>The mask of the next columns; null where there is none.</summary>
    public readonly byte* Mask => rows.Mask is null ? null : rows.Mask + row * rows.MaskBytes + column / 8;

    /// <summary>The codes that the next <see cref="Width"/> columns have, one byte each.</summary>
    /// <param name="room">Memory for them, which they are not always in.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public sbyte* Next(sbyte* room)
    {
        int width = Width;
        bool isLast = column + width == rows.Columns;
        long after = rows.Mask is null ? next + width
            : isLast ? rows.CodesIn(rows.Start(row + 1) - rows.Start(row))
            : next + rows.Count(row, column, width);
        sbyte* values = rows.Bits == 8 ? (sbyte*)codes + next : Spread(after, room);
        next = after;
        column += width;
        return values;
    }

    /// <summary>The next codes of 4 bits as bytes. The first may be the second of a pair.</summary>
    private readonly sbyte* Spread(long after, sbyte* room)
    {
        TLanes.Spread(codes + next / 2, (int)((after + 1) / 2 - next / 2), room);
        return room + next % 2;
    }
}
