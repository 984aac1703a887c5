using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// The register tile for AVX2 and FMA: 6 rows of two vectors are 12 of the 16 registers, two more hold b, one an
/// element of a.
/// </summary>
internal readonly unsafe struct Avx2Kernel<T> : IMicroKernel<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public static int Rows => 6;

    /// <inheritdoc/>
    public static int Columns => 2 * Vector256<T>.Count;

    /// <inheritdoc/>
    public static int RowBlock => 192;

    /// <inheritdoc/>
    public static int StripDepth => 384;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(nint depth, T* a, T* b, T* begun, T* c, nint stride, bool accumulate)
    {
        Vector256<T> c0l = Begin(begun, 0);
        Vector256<T> c0r = Begin(begun, 1);
        Vector256<T> c1l = Begin(begun, 2);
        Vector256<T> c1r = Begin(begun, 3);
        Vector256<T> c2l = Begin(begun, 4);
        Vector256<T> c2r = Begin(begun, 5);
        Vector256<T> c3l = Begin(begun, 6);
        Vector256<T> c3r = Begin(begun, 7);
        Vector256<T> c4l = Begin(begun, 8);
        Vector256<T> c4r = Begin(begun, 9);
        Vector256<T> c5l = Begin(begun, 10);
        Vector256<T> c5r = Begin(begun, 11);

        for (nint p = 0; p < depth; p++)
        {
            Vector256<T> left = Vector256.Load(b);
            Vector256<T> right = Vector256.Load(b + Vector256<T>.Count);
            Vector256<T> a0 = Vector256.Create(a[0]);
            c0l = Fused.MultiplyAdd(a0, left, c0l);
            c0r = Fused.MultiplyAdd(a0, right, c0r);
            Vector256<T> a1 = Vector256.Create(a[1]);
            c1l = Fused.MultiplyAdd(a1, left, c1l);
            c1r = Fused.MultiplyAdd(a1, right, c1r);
            Vector256<T> a2 = Vector256.Create(a[2]);
            c2l = Fused.MultiplyAdd(a2, left, c2l);
            c2r = Fused.MultiplyAdd(a2, right, c2r);
            Vector256<T> a3 = Vector256.Create(a[3]);
            c3l = Fused.MultiplyAdd(a3, left, c3l);
            c3r = Fused.MultiplyAdd(a3, right, c3r);
            Vector256<T> a4 = Vector256.Create(a[4]);
            c4l = Fused.MultiplyAdd(a4, left, c4l);
            c4r = Fused.MultiplyAdd(a4, right, c4r);
            Vector256<T> a5 = Vector256.Create(a[5]);
            c5l = Fused.MultiplyAdd(a5, left, c5l);
            c5r = Fused.MultiplyAdd(a5, right, c5r);
            a += 6;
            b += Columns;
        }

        Store(c0l, c, accumulate);
        Store(c0r, c + Vector256<T>.Count, accumulate);
        c += stride;
        Store(c1l, c, accumulate);
        Store(c1r, c + Vector256<T>.Count, accumulate);
        c += stride;
        Store(c2l, c, accumulate);
        Store(c2r, c + Vector256<T>.Count, accumulate);
        c += stride;
        Store(c3l, c, accumulate);
        Store(c3r, c + Vector256<T>.Count, accumulate);
        c += stride;
        Store(c4l, c, accumulate);
        Store(c4r, c + Vector256<T>.Count, accumulate);
        c += stride;
        Store(c5l, c, accumulate);
        Store(c5r, c + Vector256<T>.Count, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Begin(T* begun, int index) =>
        begun is null ? Vector256<T>.Zero : Vector256.Load(begun + index * Vector256<T>.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<T> sum, T* c, bool accumulate) =>
        (accumulate ? Vector256.Load(c) + sum : sum).Store(c);
}
