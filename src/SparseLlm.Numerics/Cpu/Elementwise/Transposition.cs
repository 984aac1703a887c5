using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>Transposes in square tiles, so that both sides stay in the cache.</summary>
internal static unsafe class Transposition
{
    private const int TileSize = 32;

    /// <summary>destination = source', which must not overlap it.</summary>
    public static void Run<T>(WorkerTeam team, View<T> source, View<T> destination)
        where T : unmanaged =>
        team.Run((source.Rows + TileSize - 1) / TileSize, item =>
        {
            int top = item * TileSize;
            int rows = Math.Min(TileSize, source.Rows - top);
            for (int left = 0; left < source.Columns; left += TileSize)
            {
                int columns = Math.Min(TileSize, source.Columns - left);
                Transpose(source.Block(top, left, rows, columns), destination.At(left, top), destination.RowStride);
            }
        });

    /// <summary>The lower triangle of a square matrix becomes the mirror image of the upper one.</summary>
    public static void MirrorUpper(WorkerTeam team, View<double> h) =>
        team.Run((h.Rows + TileSize - 1) / TileSize, item =>
        {
            int left = item * TileSize;
            int columns = Math.Min(TileSize, h.Columns - left);
            for (int top = 0; top < left; top += TileSize)
            {
                Transpose(h.Block(top, left, TileSize, columns), h.At(left, top), h.RowStride);
            }

            for (int i = 1; i < columns; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    *h.At(left + i, left + j) = *h.At(left + j, left + i);
                }
            }
        });

    /// <summary>
    /// Transposes a row-major view on the calling thread: row j of the destination, <paramref name="stride"/> elements
    /// after the one before, receives column j.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose<T>(View<T> source, T* destination, nint stride)
        where T : unmanaged
    {
        int row = 0;
        if (Avx.IsSupported && source.ColumnStride == 1 && (typeof(T) == typeof(float) || typeof(T) == typeof(double)))
        {
            for (; typeof(T) == typeof(float) && row <= source.Rows - 8; row += 8)
            {
                TransposeEightRows(source, row, destination + row, stride);
            }

            for (; row <= source.Rows - 4; row += 4)
            {
                TransposeFourRows(source, row, destination + row, stride);
            }

            // A remainder goes again with rows already done.
            if (row < source.Rows && source.Rows > 4)
            {
                row = source.Rows - 4;
                TransposeFourRows(source, row, destination + row, stride);
                row += 4;
            }
        }

        for (; row < source.Rows; row++)
        {
            for (int j = 0; j < source.Columns; j++)
            {
                destination[j * stride + row] = *source.At(row, j);
            }
        }
    }

    private static void TransposeFourRows<T>(View<T> source, int row, T* destination, nint stride)
        where T : unmanaged
    {
        int done = typeof(T) == typeof(float)
            ? TransposeFourRows(
                (float*)source.At(row, 0),
                source.RowStride,
                source.Columns,
                (float*)destination,
                stride)
            : TransposeFourRows(
                (double*)source.At(row, 0),
                source.RowStride,
                source.Columns,
                (double*)destination,
                stride);
        for (int j = done; j < source.Columns; j++)
        {
            for (int i = 0; i < 4; i++)
            {
                destination[j * stride + i] = *source.At(row + i, j);
            }
        }
    }

    private static void TransposeEightRows<T>(View<T> source, int row, T* destination, nint stride)
        where T : unmanaged
    {
        int done = TransposeEightRows(
            (float*)source.At(row, 0),
            source.RowStride,
            source.Columns,
            (float*)destination,
            stride);
        for (int j = done; j < source.Columns; j++)
        {
            for (int i = 0; i < 8; i++)
            {
                destination[j * stride + i] = *source.At(row + i, j);
            }
        }
    }

    /// <summary>Four columns at a time, as two squares of four rows side by side; returns how many columns are
    /// done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int TransposeEightRows(
        float* source,
        nint sourceStride,
        int columns,
        float* destination,
        nint stride)
    {
        float* lower = source + 4 * sourceStride;
        int j = 0;
        for (; j <= columns - 4; j += 4)
        {
            Vector256<float> r0 = Vector256.Create(Vector128.Load(source + j), Vector128.Load(lower + j));
            Vector256<float> r1 = Vector256.Create(
                Vector128.Load(source + j + sourceStride),
                Vector128.Load(lower + j + sourceStride));
            Vector256<float> r2 = Vector256.Create(
                Vector128.Load(source + j + 2 * sourceStride),
                Vector128.Load(lower + j + 2 * sourceStride));
            Vector256<float> r3 = Vector256.Create(
                Vector128.Load(source + j + 3 * sourceStride),
                Vector128.Load(lower + j + 3 * sourceStride));
            Vector256<double> low01 = Avx.UnpackLow(r0, r1).AsDouble();
            Vector256<double> low23 = Avx.UnpackLow(r2, r3).AsDouble();
            Vector256<double> high01 = Avx.UnpackHigh(r0, r1).AsDouble();
            Vector256<double> high23 = Avx.UnpackHigh(r2, r3).AsDouble();
            float* target = destination + j * stride;
            Avx.UnpackLow(low01, low23).AsSingle().Store(target);
            Avx.UnpackHigh(low01, low23).AsSingle().Store(target + stride);
            Avx.UnpackLow(high01, high23).AsSingle().Store(target + 2 * stride);
            Avx.UnpackHigh(high01, high23).AsSingle().Store(target + 3 * stride);
        }

        return j;
    }

    /// <summary>Eight columns at a time; returns how many columns are done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int TransposeFourRows(float* source, nint sourceStride, int columns, float* destination, nint stride)
    {
        int j = 0;
        for (; j <= columns - 8; j += 8)
        {
            Vector256<float> r0 = Vector256.Load(source + j);
            Vector256<float> r1 = Vector256.Load(source + j + sourceStride);
            Vector256<float> r2 = Vector256.Load(source + j + 2 * sourceStride);
            Vector256<float> r3 = Vector256.Load(source + j + 3 * sourceStride);
            Vector256<double> low01 = Avx.UnpackLow(r0, r1).AsDouble();
            Vector256<double> low23 = Avx.UnpackLow(r2, r3).AsDouble();
            Vector256<double> high01 = Avx.UnpackHigh(r0, r1).AsDouble();
            Vector256<double> high23 = Avx.UnpackHigh(r2, r3).AsDouble();
            float* target = destination + j * stride;
            StoreHalves(Avx.UnpackLow(low01, low23).AsSingle(), target, stride);
            StoreHalves(Avx.UnpackHigh(low01, low23).AsSingle(), target + stride, stride);
            StoreHalves(Avx.UnpackLow(high01, high23).AsSingle(), target + 2 * stride, stride);
            StoreHalves(Avx.UnpackHigh(high01, high23).AsSingle(), target + 3 * stride, stride);
        }

        return j;
    }

    /// <summary>Four columns at a time; returns how many columns are done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int TransposeFourRows(
        double* source,
        nint sourceStride,
        int columns,
        double* destination,
        nint stride)
    {
        int j = 0;
        for (; j <= columns - 4; j += 4)
        {
            Vector256<double> r0 = Vector256.Load(source + j);
            Vector256<double> r1 = Vector256.Load(source + j + sourceStride);
            Vector256<double> r2 = Vector256.Load(source + j + 2 * sourceStride);
            Vector256<double> r3 = Vector256.Load(source + j + 3 * sourceStride);
            Vector256<double> low01 = Avx.UnpackLow(r0, r1);
            Vector256<double> low23 = Avx.UnpackLow(r2, r3);
            Vector256<double> high01 = Avx.UnpackHigh(r0, r1);
            Vector256<double> high23 = Avx.UnpackHigh(r2, r3);
            double* target = destination + j * stride;
            Avx.Permute2x128(low01, low23, 0x20).Store(target);
            Avx.Permute2x128(high01, high23, 0x20).Store(target + stride);
            Avx.Permute2x128(low01, low23, 0x31).Store(target + 2 * stride);
            Avx.Permute2x128(high01, high23, 0x31).Store(target + 3 * stride);
        }

        return j;
    }

    /// <summary>The lower half is a row of the result, the upper half the fourth row after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreHalves(Vector256<float> rows, float* target, nint stride)
    {
        rows.GetLower().Store(target);
        rows.GetUpper().Store(target + 4 * stride);
    }
}
