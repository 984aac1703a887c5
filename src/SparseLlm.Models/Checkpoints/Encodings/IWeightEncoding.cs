namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// A layout of a matrix: the values of each row that are kept, one row after the other, and for each row a mask that
/// says where they belong. Layouts differ in which weights they keep, in how a row's values are found, and in what a
/// value is stored as.
/// </summary>
internal interface IWeightEncoding
{
    /// <summary>Its name in <c>sparsellm.json</c>.</summary>
    string Layout { get; }

    /// <summary>How weights are codes; null where they are stored as they are.</summary>
    CodeFormat? Codes => null;

    /// <summary>The part that holds what is kept: <see cref="StoredPart.Values"/> or <see cref="StoredPart.Codes"/>.
    /// </summary>
    string Kept => StoredPart.Values;

    /// <summary>Whether a matrix has the columns for it.</summary>
    bool Fits(MatrixShape matrix);

    /// <summary>The tensors that a matrix is stored as, in the order in which a shard has them.</summary>
    /// <param name="tensor">The tensor, as it is without encoding.</param>
    /// <param name="matrix">Its shape as a matrix.</param>
    /// <param name="values">How many elements the part that holds what is kept has, where the layout leaves that
    /// open.</param>
    IReadOnlyList<StoredPart> Parts(TensorInfo tensor, MatrixShape matrix, long values);

    /// <summary>Marks what is kept of a row: at least all that is not zero. A weight is zero if all of its bits
    /// are.</summary>
    /// <param name="row">The row's bytes.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="mask">The row's mask: bit i % 8 of byte i / 8 is that of column i. Bits behind the last column are
    /// not set.</param>
    void Select(ReadOnlySpan<byte> row, MatrixShape matrix, Span<byte> mask);

    /// <summary>Writes what is kept of a row.</summary>
    /// <param name="row">The row's bytes.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="mask">What is kept.</param>
    /// <param name="values">Takes it; <see cref="RowMask.Slack"/> bytes more than that is.</param>
    /// <param name="scales">Takes the row's part of <see cref="StoredPart.Scales"/>, if the layout has it.</param>
    /// <returns>Bytes of values written.</returns>
    int Store(
        ReadOnlySpan<byte> row,
        MatrixShape matrix,
        ReadOnlySpan<byte> mask,
        Span<byte> values,
        Span<byte> scales) => RowMask.Compact(row, mask, matrix.ElementBytes, values);

    /// <summary>Writes a row as it was.</summary>
    /// <param name="values">What is kept of it, and <see cref="RowMask.Slack"/> bytes behind that.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="mask">What is kept.</param>
    /// <param name="scales">The row's part of <see cref="StoredPart.Scales"/>, if the layout has it.</param>
    /// <param name="row">Takes its bytes.</param>
    void Restore(
        ReadOnlySpan<byte> values,
        MatrixShape matrix,
        ReadOnlySpan<byte> mask,
        ReadOnlySpan<byte> scales,
        Span<byte> row) => RowMask.Expand(values, mask, matrix.ElementBytes, row);

    /// <summary>Elements that a row has in the part that holds what is kept.</summary>
    /// <param name="marked">Weights that its mask marks.</param>
    long Elements(long marked) => marked;

    /// <summary>Whether a row's values end where its mask says, as far as that shows.</summary>
    /// <param name="values">All bytes of the row's values.</param>
    /// <param name="marked">Weights that its mask marks.</param>
    bool Ends(ReadOnlySpan<byte> values, long marked) => true;

    /// <summary>Where the values of rows begin, counted in elements of their part.</summary>
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
internal delegate void StoredReader(TensorInfo tensor, long firstByte, Span<byte> destination);
