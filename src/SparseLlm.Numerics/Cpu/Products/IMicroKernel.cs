namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>The innermost product, on a tile of c that fits into registers. One implementation per instruction
/// set.</summary>
internal unsafe interface IMicroKernel<T>
    where T : unmanaged
{
    /// <summary>Rows of the tile.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the tile.</summary>
    static abstract int Columns { get; }

    /// <summary>
    /// Rows of a that are packed at once, a multiple of <see cref="Rows"/>: with the depth of a block, about half of
    /// the second-level cache of the machines that have these instructions.
    /// </summary>
    static abstract int RowBlock { get; }

    /// <summary>
    /// Terms per run, a divisor of a block's depth: a strip of b this deep takes half of the first-level cache, and
    /// stays in it while the rows of a pass by.
    /// </summary>
    static abstract int StripDepth { get; }

    /// <summary>
    /// c = Σ_p a[p]' b[p], or c += it. Every element's sum is taken in the order of p, by fused multiply-adds where the
    /// machine has them: then all kernels return the same bits.
    /// </summary>
    /// <param name="depth">Number of terms.</param>
    /// <param name="a">[depth x Rows], packed.</param>
    /// <param name="b">[depth x Columns], packed.</param>
    /// <param name="begun">[Rows x Columns]: sums over the terms before these, which are carried on; null where these
    /// are the first.</param>
    /// <param name="c">[Rows x Columns].</param>
    /// <param name="stride">Elements from one row of c to the next.</param>
    /// <param name="accumulate">Whether the product is added to what c held.</param>
    static abstract void Run(nint depth, T* a, T* b, T* begun, T* c, nint stride, bool accumulate);
}
