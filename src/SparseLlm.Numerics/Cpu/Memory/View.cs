using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Memory;

/// <summary>
/// A window on a matrix in memory: element (i, j) is <c>Data[i * RowStride + j * ColumnStride]</c>. One of the strides
/// is 1, which makes a transposed matrix a view like any other.
/// </summary>
internal readonly unsafe struct View<T>(T* data, int rows, int columns, nint rowStride, nint columnStride)
    where T : unmanaged
{
    /// <summary>A contiguous row-major matrix.</summary>
    public View(T* data, int rows, int columns)
        : this(data, rows, columns, columns, 1)
    {
    }

    public T* Data { get; } = data;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    public nint RowStride { get; } = rowStride;

    public nint ColumnStride { get; } = columnStride;

    /// <summary>Number of elements.</summary>
    public nint Length => (nint)Rows * Columns;

    /// <summary>The same elements with rows and columns exchanged.</summary>
    public View<T> Transposed => new(Data, Columns, Rows, ColumnStride, RowStride);

    /// <summary>The same view, or its transpose.</summary>
    public View<T> TransposedIf(bool transpose) => transpose ? Transposed : this;

    /// <summary>Address of element (row, column).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* At(int row, int column) => Data + row * RowStride + column * ColumnStride;

    /// <summary>The window of <paramref name="rows"/> x <paramref name="columns"/> starting at (row, column).</summary>
    public View<T> Block(int row, int column, int rows, int columns) =>
        new(At(row, column), rows, columns, RowStride, ColumnStride);

    /// <summary>One row of a row-major view.</summary>
    public Span<T> Row(int row) => new(At(row, 0), Columns);
}
