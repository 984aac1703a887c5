namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>Zeros anywhere: the layout that compressed-tensors has published as <c>sparse-bitmask</c>. Where the values
/// of a row begin is stored with it.</summary>
internal sealed class BitmaskEncoding : IWeightEncoding
{
    /// <summary>The layout's name.</summary>
    public const string Name = "bitmask";

    /// <inheritdoc/>
    public string Layout => Name;

    /// <inheritdoc/>
    public bool Fits(MatrixShape matrix) => true;

    /// <inheritdoc/>
    public IReadOnlyList<StoredPart> Parts(TensorInfo tensor, MatrixShape matrix, long values) =>
    [
        new(StoredPart.Values, matrix.ElementType, [values]),
        StoredPart.MaskOf(matrix),
        new(StoredPart.RowOffsets, ElementType.I64, [matrix.Rows]),
        StoredPart.DimensionsOf(tensor),
    ];

    /// <inheritdoc/>
    public void Select(ReadOnlySpan<byte> row, MatrixShape matrix, Span<byte> mask)
        => RowMask.Of(row, matrix.ElementBytes, mask);

    /// <inheritdoc/>
    public void ReadStarts(PackedTensor tensor, StoredReader read, long firstRow, Span<long> starts)
        => RowStarts.Read(tensor, read, firstRow, starts);

    /// <inheritdoc/>
    public string? Problem(MatrixShape matrix, ReadOnlySpan<byte> mask) => null;
}
