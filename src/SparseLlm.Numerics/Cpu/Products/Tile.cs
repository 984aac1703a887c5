using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
        for (int i = 0; i < c.Rows; i++)
        {
            int first = Math.Clamp(diagonal + i, 0, c.Columns);
            int count = c.Columns - first;
            T* source = tile + i * tileColumns + first;
            TResult* target = c.At(i, first);
            if (typeof(T) == typeof(float) && typeof(TResult) == typeof(double) && accumulate)
            {
                AddWidened((float*)source, (double*)target, count);
                continue;
            }

            for (int j = 0; j < count; j++)
            {
                TResult value = TResult.CreateTruncating(source[j]);
                target[j] = accumulate ? target[j] + value : value;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddWidened(float* source, double* target, int count)
    {
        int j = 0;
        for (; Vector512.IsHardwareAccelerated && j <= count - Vector512<float>.Count; j += Vector512<float>.Count)
        {
            (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(Vector512.Load(source + j));
            (Vector512.Load(target + j) + lower).Store(target + j);
            (Vector512.Load(target + j + 8) + upper).Store(target + j + 8);
        }

        for (; j <= count - Vector256<float>.Count; j += Vector256<float>.Count)
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Load(source + j));
            (Vector256.Load(target + j) + lower).Store(target + j);
            (Vector256.Load(target + j + 4) + upper).Store(target + j + 4);
        }

        for (; j < count; j++)
        {
            target[j] += source[j];
        }
    }
}
