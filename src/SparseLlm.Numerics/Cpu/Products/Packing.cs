using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// Brings a factor into the order in which the micro kernel reads it: strips of as many rows (of a; columns of b) as
/// the register tile has, each strip element by element along k, padded with zeros.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>Packs the rows of a view; its columns are k.</summary>
    /// <param name="source">[rows x depth].</param>
    /// <param name="width">Rows per strip.</param>
    /// <param name="destination">Strips of [depth x width].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
                Transposition.Transpose(strip, destination, width);
            }

            destination += (nint)width * source.Columns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyStrip<T>(View<T> strip, int width, T* destination)
        where T : unmanaged
    {
        T* source = strip.Data;
        nint bytes = (nint)strip.Rows * sizeof(T);
        for (int k = 0; k < strip.Columns; k++)
        {
            CopyRun((byte*)source, (byte*)destination, bytes);
            source += strip.ColumnStride;
            destination += width;
        }
    }

    /// <summary>A copy of a few vectors, for which a call would take longer than the work.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRun(byte* source, byte* destination, nint bytes)
    {
        nint offset = 0;
        for (; offset <= bytes - Vector256<byte>.Count; offset += Vector256<byte>.Count)
        {
            Vector256.Load(source + offset).Store(destination + offset);
        }

        if (offset <= bytes - Vector128<byte>.Count)
        {
            Vector128.Load(source + offset).Store(destination + offset);
            offset += Vector128<byte>.Count;
        }

        for (; offset < bytes; offset += sizeof(int))
        {
            *(int*)(destination + offset) = *(int*)(source + offset);
        }
    }
}
