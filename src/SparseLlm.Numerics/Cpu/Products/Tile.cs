using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>What a product does to its result outside the innermost loop.</summary>
internal static unsafe class Tile
{
    /// <summary>x *= factor; with factor 0, x is not read.</summary>
    public static void Scale<T>(T* x, nint count, T factor)
        where T : unmanaged, INumber<T>
    {
        var span = new Span<T>(x, checked((int)count));
        if (factor == T.Zero)
        {
            span.Clear();
        }
        else if (factor != T.One)
        {
            TensorPrimitives.Multiply(span, factor, span);
        }
    }

    /// <summary>
    /// c = tile or c += tile, where the tile hangs over an edge of c or is of another precision. Only columns from
    /// <paramref name="diagonal"/> + i on are written in row i.
    /// </summary>
    public static void Store<T, TResult>(T* tile, int tileColumns, View<TResult> c, bool accumulate, int diagonal)
        where T : unmanaged, INumber<T>
        where TResult : unmanaged, INumber<TResult>
    {
        if (typeof(T) == typeof(float) && typeof(TResult) == typeof(double) && accumulate)
        {
            AddWidened((float*)tile, tileColumns, (double*)c.Data, c.RowStride, c.Rows, c.Columns, diagonal);
            return;
        }

        for (int i = 0; i < c.Rows; i++)
        {
            T* source = tile + i * tileColumns;
            TResult* target = c.At(i, 0);
            for (int j = Math.Clamp(diagonal + i, 0, c.Columns); j < c.Columns; j++)
            {
                TResult value = TResult.CreateTruncating(source[j]);
                target[j] = accumulate ? target[j] + value : value;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddWidened(
        float* source,
        int sourceStride,
        double* target,
        nint targetStride,
        int rows,
        int columns,
        int diagonal)
    {
        for (int i = 0; i < rows; i++)
        {
            int j = Math.Clamp(diagonal + i, 0, columns);
            for (; Avx512F.IsSupported && j <= columns - Vector512<double>.Count; j += Vector512<double>.Count)
            {
                (Vector512.Load(target + j) + Avx512F.ConvertToVector512Double(Vector256.Load(source + j))).Store(
                    target + j);
            }

            for (; j <= columns - Vector256<double>.Count; j += Vector256<double>.Count)
            {
                (Vector256.Load(target + j) + Reductions.Load4(source + j)).Store(target + j);
            }

            for (; j < columns; j++)
            {
                target[j] += source[j];
            }

            source += sourceStride;
            target += targetStride;
        }
    }
}
