using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// Brings a factor into the order in which the micro kernel reads it: strips of as many rows (of a; columns of b) as the
/// register tile has, each strip element by element along k, padded with zeros.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>Packs the rows of a view; its columns are k.</summary>
    /// <param name="source">[rows x depth].</param>
    /// <param name="width">Rows per strip.</param>
    /// <param name="destination">Strips of [depth x width].</param>
    public static void Pack<T>(View<T> source, int width, T* destination)
        where T : unmanaged
    {
        for (int row = 0; row < source.Rows; row += width)
        {
            View<T> strip = source.Block(row, 0, Math.Min(width, source.Rows - row), source.Columns);
            if (strip.Rows < width)
            {
                new Span<T>(destination, checked(width * source.Columns)).Clear();
            }

            if (strip.RowStride == 1)
            {
                CopyStrip(strip, width, destination);
            }
            else
            {
                TransposeStrip(strip, width, destination);
            }

            destination += (nint)width * source.Columns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyStrip<T>(View<T> strip, int width, T* destination)
        where T : unmanaged
    {
        T* source = strip.Data;
        for (int k = 0; k < strip.Columns; k++)
        {
            new Span<T>(source, strip.Rows).CopyTo(new Span<T>(destination, width));
            source += strip.ColumnStride;
            destination += width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeStrip<T>(View<T> strip, int width, T* destination)
        where T : unmanaged
    {
        for (int row = 0; row < strip.Rows; row++)
        {
            T* source = strip.At(row, 0);
            T* target = destination + row;
            for (int k = 0; k < strip.Columns; k++)
            {
                *target = source[k * strip.ColumnStride];
                target += width;
            }
        }
    }
}
