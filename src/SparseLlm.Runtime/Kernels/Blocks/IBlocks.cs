namespace SparseLlm.Runtime.Kernels.Blocks;

/// <summary>Goes through a row's weights in blocks of four vectors. It is a value: where in the row it is, is kept in
/// registers.</summary>
/// <typeparam name="TSelf">Itself.</typeparam>
/// <typeparam name="TVector">A vector of floats.</typeparam>
internal unsafe interface IBlocks<TSelf, TVector>
    where TSelf : struct, IBlocks<TSelf, TVector>
    where TVector : struct
{
    /// <summary>What <see cref="Begin"/> needs to know where values go. Not looked up in loops, since that may
    /// call.</summary>
    static abstract byte* Patterns { get; }

    /// <summary>Stands before a row's block that begins at a column.</summary>
    static abstract TSelf Begin(in StoredRows rows, long row, int column, byte* patterns);

    /// <summary>The next block.</summary>
    void Read(out TVector a, out TVector b, out TVector c, out TVector d);

    /// <summary>What a row has behind its last whole block, and +0 behind that.</summary>
    static abstract void ReadRest(
        in StoredRows rows,
        long row,
        int columns,
        out TVector a,
        out TVector b,
        out TVector c,
        out TVector d);
}
