namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// A layout of a matrix without its zeros: the values of each row that are kept, one row after the other, and for each
/// row a mask that says where they belong. Layouts differ in which weights they keep and in how a row's values are
/// found.
/// </summary>
public interface IWeightEncoding
{
    /// <summary>Its name in <c>sparsellm.json</c>.</summary>
    string Layout { get; }

    /// <summary>Whether a matrix has the columns for it.</summary>
    bool Fits(MatrixShape matrix);

    /// <summary>The tensors that a matrix is stored as, in the order in which a shard has them.</summary>
    /// <param name="tensor">The tensor, as it is without encoding.</param>
    /// <param name="matrix">Its shape as a matrix.</param>
    /// <param name="values">How many values are kept, where the layout leaves that open.</param>
    IReadOnlyList<StoredPart> Parts(TensorInfo tensor, MatrixShape matrix, long values);

    /// <summary>Marks what is kept of a row: at least all that is not zero. A weight is zero if all of its bits
    /// are.</summary>
    /// <param name="row">The row's bytes.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="mask">The row's mask: bit i % 8 of byte i / 8 is that of column i. Bits behind the last column are
    /// not set.</param>
    void Select(ReadOnlySpan<byte> row, MatrixShape matrix, Span<byte> mask);

    /// <summary>Where the values of rows begin, counted in values.</summary>
    /// <param name="tensor">The packed tensor.</param>
    /// <param name="read">Reads its parts.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="starts">One for each row, and behind them the end of the last one's values. They ascend, and none
    /// is beyond the values.</param>
    /// <exception cref="Diagnostics.DiagnosticException">What is stored cannot be right.</exception>
    void ReadStarts(PackedTensor tensor, StoredReader read, long firstRow, Span<long> starts);

    /// <summary>What is wrong with a row's mask besides its count and its bits behind the last column; null if nothing
    /// is.</summary>
    string? Problem(MatrixShape matrix, ReadOnlySpan<byte> mask);
}

/// <summary>Reads bytes of a tensor as a file has them.</summary>
/// <param name="tensor">A tensor in the header of a file.</param>
/// <param name="firstByte">The first byte to read, counted from the tensor's own.</param>
/// <param name="destination">As many bytes as are wanted.</param>
public delegate void StoredReader(TensorInfo tensor, long firstByte, Span<byte> destination);
