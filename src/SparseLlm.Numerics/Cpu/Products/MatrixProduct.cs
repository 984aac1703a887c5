using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>The matrix product of one precision, on the instruction set chosen when the backend is made.</summary>
internal abstract unsafe class MatrixProduct<T>
    where T : unmanaged
{
    /// <summary>c = alpha a b + beta c.</summary>
    /// <param name="a">[m x k].</param>
    /// <param name="b">[k x n].</param>
    /// <param name="c">[m x n], row-major; must not overlap a or b.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what c held; with 0, c is not read.</param>
    /// <param name="zeros">What is zero in the factors or not wanted of c.</param>
    public abstract void Multiply(View<T> a, View<T> b, View<T> c, T alpha, T beta, Zeros zeros = Zeros.None);

    /// <summary>c += a b with c in double precision: every block of k is summed in T, the blocks in double.</summary>
    /// <param name="a">[m x k].</param>
    /// <param name="b">[k x n].</param>
    /// <param name="c">[m x n], row-major.</param>
    /// <param name="zeros">What is zero in the factors or not wanted of c.</param>
    public abstract void Accumulate(View<T> a, View<T> b, View<double> c, Zeros zeros = Zeros.None);

    /// <summary>
    /// c = a b' with a b that is made tile by tile, each once for up to some hundred rows of a, and never as a whole.
    /// </summary>
    /// <param name="a">[m x k].</param>
    /// <param name="b">[n x k].</param>
    /// <param name="c">[m x n], row-major; must not overlap a.</param>
    public abstract void MultiplyTiles(View<T> a, TileReader<T> b, View<T> c);

    /// <summary>Number of elements of a packed factor [depth x columns].</summary>
    public abstract nint PackedLength(int depth, int columns);

    /// <summary>Packs the right-hand factor of several products, on the calling thread.</summary>
    /// <param name="b">[depth x columns].</param>
    /// <param name="destination">As many elements as <see cref="PackedLength"/> says.</param>
    public abstract PackedFactor<T> Pack(View<T> b, T* destination);

    /// <summary>c = alpha a b[k, columns], on the calling thread: small products inside a work item.</summary>
    /// <param name="a">[m x number of rows of b used].</param>
    /// <param name="b">The packed factor.</param>
    /// <param name="firstDepth">The first row of b that is used; the others follow.</param>
    /// <param name="firstColumn">The first column of b that is used, a multiple of
    /// <see cref="ColumnAlignment"/>.</param>
    /// <param name="c">[m x number of columns of b used].</param>
    /// <param name="alpha">Factor of the product.</param>
    public abstract void MultiplyPacked(
        View<T> a,
        PackedFactor<T> b,
        int firstDepth,
        int firstColumn,
        View<T> c,
        T alpha);

    /// <summary>Where a range of columns of a packed factor, or of one that is read tile by tile, may begin.</summary>
    public const int ColumnAlignment = 64;
}
