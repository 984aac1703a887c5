using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// The register tile for AVX-512: 12 rows of two vectors are 24 of the 32 registers, two more hold b, one an element of
/// a. (24 rows of one vector need twice the loads per multiplication and reach 60% of the speed.) Written out, because
/// only single variables stay in registers.
/// </summary>
internal readonly unsafe struct Avx512Kernel<T> : IMicroKernel<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public static int Rows => 12;

    /// <inheritdoc/>
    public static int Columns => 2 * Vector512<T>.Count;

    /// <inheritdoc/>
    public static int RowBlock => 384;

    /// <inheritdoc/>
    public static int StripDepth => 192;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(nint depth, T* a, T* b, T* begun, T* c, nint stride, bool accumulate)
    {
        Vector512<T> c0l = Begin(begun, 0);
        Vector512<T> c0r = Begin(begun, 1);
        Vector512<T> c1l = Begin(begun, 2);
        Vector512<T> c1r = Begin(begun, 3);
        Vector512<T> c2l = Begin(begun, 4);
        Vector512<T> c2r = Begin(begun, 5);
        Vector512<T> c3l = Begin(begun, 6);
        Vector512<T> c3r = Begin(begun, 7);
        Vector512<T> c4l = Begin(begun, 8);
        Vector512<T> c4r = Begin(begun, 9);
        Vector512<T> c5l = Begin(begun, 10);
        Vector512<T> c5r = Begin(begun, 11);
        Vector512<T> c6l = Begin(begun, 12);
        Vector512<T> c6r = Begin(begun, 13);
        Vector512<T> c7l = Begin(begun, 14);
        Vector512<T> c7r = Begin(begun, 15);
        Vector512<T> c8l = Begin(begun, 16);
        Vector512<T> c8r = Begin(begun, 17);
        Vector512<T> c9l = Begin(begun, 18);
        Vector512<T> c9r = Begin(begun, 19);
        Vector512<T> c10l = Begin(begun, 20);
        Vector512<T> c10r = Begin(begun, 21);
        Vector512<T> c11l = Begin(begun, 22);
        Vector512<T> c11r = Begin(begun, 23);

        for (nint p = 0; p < depth; p++)
        {
            Prefetch.Ahead((byte*)a, Rows * sizeof(T));
            Vector512<T> left = Vector512.Load(b);
            Vector512<T> right = Vector512.Load(b + Vector512<T>.Count);
            Vector512<T> a0 = Vector512.Create(a[0]);
            c0l = Fused.MultiplyAdd(a0, left, c0l);
            c0r = Fused.MultiplyAdd(a0, right, c0r);
            Vector512<T> a1 = Vector512.Create(a[1]);
            c1l = Fused.MultiplyAdd(a1, left, c1l);
            c1r = Fused.MultiplyAdd(a1, right, c1r);
            Vector512<T> a2 = Vector512.Create(a[2]);
            c2l = Fused.MultiplyAdd(a2, left, c2l);
            c2r = Fused.MultiplyAdd(a2, right, c2r);
            Vector512<T> a3 = Vector512.Create(a[3]);
            c3l = Fused.MultiplyAdd(a3, left, c3l);
            c3r = Fused.MultiplyAdd(a3, right, c3r);
            Vector512<T> a4 = Vector512.Create(a[4]);
            c4l = Fused.MultiplyAdd(a4, left, c4l);
            c4r = Fused.MultiplyAdd(a4, right, c4r);
            Vector512<T> a5 = Vector512.Create(a[5]);
            c5l = Fused.MultiplyAdd(a5, left, c5l);
            c5r = Fused.MultiplyAdd(a5, right, c5r);
            Vector512<T> a6 = Vector512.Create(a[6]);
            c6l = Fused.MultiplyAdd(a6, left, c6l);
            c6r = Fused.MultiplyAdd(a6, right, c6r);
            Vector512<T> a7 = Vector512.Create(a[7]);
            c7l = Fused.MultiplyAdd(a7, left, c7l);
            c7r = Fused.MultiplyAdd(a7, right, c7r);
            Vector512<T> a8 = Vector512.Create(a[8]);
            c8l = Fused.MultiplyAdd(a8, left, c8l);
            c8r = Fused.MultiplyAdd(a8, right, c8r);
            Vector512<T> a9 = Vector512.Create(a[9]);
            c9l = Fused.MultiplyAdd(a9, left, c9l);
            c9r = Fused.MultiplyAdd(a9, right, c9r);
            Vector512<T> a10 = Vector512.Create(a[10]);
            c10l = Fused.MultiplyAdd(a10, left, c10l);
            c10r = Fused.MultiplyAdd(a10, right, c10r);
            Vector512<T> a11 = Vector512.Create(a[11]);
            c11l = Fused.MultiplyAdd(a11, left, c11l);
            c11r = Fused.MultiplyAdd(a11, right, c11r);
            a += 12;
            b += Columns;
        }

        Store(c0l, c, accumulate);
        Store(c0r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c1l, c, accumulate);
        Store(c1r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c2l, c, accumulate);
        Store(c2r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c3l, c, accumulate);
        Store(c3r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c4l, c, accumulate);
        Store(c4r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c5l, c, accumulate);
        Store(c5r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c6l, c, accumulate);
        Store(c6r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c7l, c, accumulate);
        Store(c7r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c8l, c, accumulate);
        Store(c8r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c9l, c, accumulate);
        Store(c9r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c10l, c, accumulate);
        Store(c10r, c + Vector512<T>.Count, accumulate);
        c += stride;
        Store(c11l, c, accumulate);
        Store(c11r, c + Vector512<T>.Count, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Begin(T* begun, int index) =>
        begun is null ? Vector512<T>.Zero : Vector512.Load(begun + index * Vector512<T>.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<T> sum, T* c, bool accumulate) =>
        (accumulate ? Vector512.Load(c) + sum : sum).Store(c);
}
