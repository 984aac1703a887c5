using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// The register tile for AVX-512: 24 rows of one vector each are 24 of the 32 registers, one more holds b, and the elements of
/// a are broadcast by the multiplication itself. Written out, because only single variables stay in registers.
/// </summary>
internal readonly unsafe struct Avx512Kernel<T> : IMicroKernel<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public static int Rows => 24;

    /// <inheritdoc/>
    public static int Columns => Vector512<T>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(nint depth, T* a, T* b, T* c, nint stride, bool accumulate)
    {
        Vector512<T> c0 = Vector512<T>.Zero;
        Vector512<T> c1 = Vector512<T>.Zero;
        Vector512<T> c2 = Vector512<T>.Zero;
        Vector512<T> c3 = Vector512<T>.Zero;
        Vector512<T> c4 = Vector512<T>.Zero;
        Vector512<T> c5 = Vector512<T>.Zero;
        Vector512<T> c6 = Vector512<T>.Zero;
        Vector512<T> c7 = Vector512<T>.Zero;
        Vector512<T> c8 = Vector512<T>.Zero;
        Vector512<T> c9 = Vector512<T>.Zero;
        Vector512<T> c10 = Vector512<T>.Zero;
        Vector512<T> c11 = Vector512<T>.Zero;
        Vector512<T> c12 = Vector512<T>.Zero;
        Vector512<T> c13 = Vector512<T>.Zero;
        Vector512<T> c14 = Vector512<T>.Zero;
        Vector512<T> c15 = Vector512<T>.Zero;
        Vector512<T> c16 = Vector512<T>.Zero;
        Vector512<T> c17 = Vector512<T>.Zero;
        Vector512<T> c18 = Vector512<T>.Zero;
        Vector512<T> c19 = Vector512<T>.Zero;
        Vector512<T> c20 = Vector512<T>.Zero;
        Vector512<T> c21 = Vector512<T>.Zero;
        Vector512<T> c22 = Vector512<T>.Zero;
        Vector512<T> c23 = Vector512<T>.Zero;

        for (nint p = 0; p < depth; p++)
        {
            Vector512<T> bp = Vector512.Load(b);
            c0 = Fused.MultiplyAdd(Vector512.Create(a[0]), bp, c0);
            c1 = Fused.MultiplyAdd(Vector512.Create(a[1]), bp, c1);
            c2 = Fused.MultiplyAdd(Vector512.Create(a[2]), bp, c2);
            c3 = Fused.MultiplyAdd(Vector512.Create(a[3]), bp, c3);
            c4 = Fused.MultiplyAdd(Vector512.Create(a[4]), bp, c4);
            c5 = Fused.MultiplyAdd(Vector512.Create(a[5]), bp, c5);
            c6 = Fused.MultiplyAdd(Vector512.Create(a[6]), bp, c6);
            c7 = Fused.MultiplyAdd(Vector512.Create(a[7]), bp, c7);
            c8 = Fused.MultiplyAdd(Vector512.Create(a[8]), bp, c8);
            c9 = Fused.MultiplyAdd(Vector512.Create(a[9]), bp, c9);
            c10 = Fused.MultiplyAdd(Vector512.Create(a[10]), bp, c10);
            c11 = Fused.MultiplyAdd(Vector512.Create(a[11]), bp, c11);
            c12 = Fused.MultiplyAdd(Vector512.Create(a[12]), bp, c12);
            c13 = Fused.MultiplyAdd(Vector512.Create(a[13]), bp, c13);
            c14 = Fused.MultiplyAdd(Vector512.Create(a[14]), bp, c14);
            c15 = Fused.MultiplyAdd(Vector512.Create(a[15]), bp, c15);
            c16 = Fused.MultiplyAdd(Vector512.Create(a[16]), bp, c16);
            c17 = Fused.MultiplyAdd(Vector512.Create(a[17]), bp, c17);
            c18 = Fused.MultiplyAdd(Vector512.Create(a[18]), bp, c18);
            c19 = Fused.MultiplyAdd(Vector512.Create(a[19]), bp, c19);
            c20 = Fused.MultiplyAdd(Vector512.Create(a[20]), bp, c20);
            c21 = Fused.MultiplyAdd(Vector512.Create(a[21]), bp, c21);
            c22 = Fused.MultiplyAdd(Vector512.Create(a[22]), bp, c22);
            c23 = Fused.MultiplyAdd(Vector512.Create(a[23]), bp, c23);
            a += 24;
            b += Columns;
        }

        Store(c0, c, accumulate);
        c += stride;
        Store(c1, c, accumulate);
        c += stride;
        Store(c2, c, accumulate);
        c += stride;
        Store(c3, c, accumulate);
        c += stride;
        Store(c4, c, accumulate);
        c += stride;
        Store(c5, c, accumulate);
        c += stride;
        Store(c6, c, accumulate);
        c += stride;
        Store(c7, c, accumulate);
        c += stride;
        Store(c8, c, accumulate);
        c += stride;
        Store(c9, c, accumulate);
        c += stride;
        Store(c10, c, accumulate);
        c += stride;
        Store(c11, c, accumulate);
        c += stride;
        Store(c12, c, accumulate);
        c += stride;
        Store(c13, c, accumulate);
        c += stride;
        Store(c14, c, accumulate);
        c += stride;
        Store(c15, c, accumulate);
        c += stride;
        Store(c16, c, accumulate);
        c += stride;
        Store(c17, c, accumulate);
        c += stride;
        Store(c18, c, accumulate);
        c += stride;
        Store(c19, c, accumulate);
        c += stride;
        Store(c20, c, accumulate);
        c += stride;
        Store(c21, c, accumulate);
        c += stride;
        Store(c22, c, accumulate);
        c += stride;
        Store(c23, c, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<T> sum, T* c, bool accumulate) =>
        (accumulate ? Vector512.Load(c) + sum : sum).Store(c);
}
