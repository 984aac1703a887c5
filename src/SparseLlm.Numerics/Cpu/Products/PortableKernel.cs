using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// The register tile for every other machine, such as NEON: 6 rows of two 128-bit vectors.
/// </summary>
internal readonly unsafe struct PortableKernel<T> : IMicroKernel<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public static int Rows => 6;

    /// <inheritdoc/>
    public static int Columns => 2 * Vector128<T>.Count;

    /// <inheritdoc/>
    public static int RowBlock => 192;

    /// <inheritdoc/>
    public static int StripDepth => 384;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(nint depth, T* a, T* b, T* begun, T* c, nint stride, bool accumulate)
    {
        Vector128<T> c0l = Begin(begun, 0);
        Vector128<T> c0r = Begin(begun, 1);
        Vector128<T> c1l = Begin(begun, 2);
        Vector128<T> c1r = Begin(begun, 3);
        Vector128<T> c2l = Begin(begun, 4);
        Vector128<T> c2r = Begin(begun, 5);
        Vector128<T> c3l = Begin(begun, 6);
        Vector128<T> c3r = Begin(begun, 7);
        Vector128<T> c4l = Begin(begun, 8);
        Vector128<T> c4r = Begin(begun, 9);
        Vector128<T> c5l = Begin(begun, 10);
        Vector128<T> c5r = Begin(begun, 11);

        for (nint p = 0; p < depth; p++)
        {
            Vector128<T> left = Vector128.Load(b);
            Vector128<T> right = Vector128.Load(b + Vector128<T>.Count);
            Vector128<T> a0 = Vector128.Create(a[0]);
            c0l = Fused.MultiplyAdd(a0, left, c0l);
            c0r = Fused.MultiplyAdd(a0, right, c0r);
            Vector128<T> a1 = Vector128.Create(a[1]);
            c1l = Fused.MultiplyAdd(a1, left, c1l);
            c1r = Fused.MultiplyAdd(a1, right, c1r);
            Vector128<T> a2 = Vector128.Create(a[2]);
            c2l = Fused.MultiplyAdd(a2, left, c2l);
            c2r = Fused.MultiplyAdd(a2, right, c2r);
            Vector128<T> a3 = Vector128.Create(a[3]);
            c3l = Fused.MultiplyAdd(a3, left, c3l);
            c3r = Fused.MultiplyAdd(a3, right, c3r);
            Vector128<T> a4 = Vector128.Create(a[4]);
            c4l = Fused.MultiplyAdd(a4, left, c4l);
            c4r = Fused.MultiplyAdd(a4, right, c4r);
            Vector128<T> a5 = Vector128.Create(a[5]);
            c5l = Fused.MultiplyAdd(a5, left, c5l);
            c5r = Fused.MultiplyAdd(a5, right, c5r);
            a += 6;
            b += Columns;
        }

        Store(c0l, c, accumulate);
        Store(c0r, c + Vector128<T>.Count, accumulate);
        c += stride;
        Store(c1l, c, accumulate);
        Store(c1r, c + Vector128<T>.Count, accumulate);
        c += stride;
        Store(c2l, c, accumulate);
        Store(c2r, c + Vector128<T>.Count, accumulate);
        c += stride;
        Store(c3l, c, accumulate);
        Store(c3r, c + Vector128<T>.Count, accumulate);
        c += stride;
        Store(c4l, c, accumulate);
        Store(c4r, c + Vector128<T>.Count, accumulate);
        c += stride;
        Store(c5l, c, accumulate);
        Store(c5r, c + Vector128<T>.Count, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Begin(T* begun, int index) =>
        begun is null ? Vector128<T>.Zero : Vector128.Load(begun + index * Vector128<T>.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<T> sum, T* c, bool accumulate) =>
        (accumulate ? Vector128.Load(c) + sum : sum).Store(c);
}
