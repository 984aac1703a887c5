namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>A stored tensor as a matrix: its last dimension counts the columns, all others together the rows, those of
/// stacked experts too.</summary>
/// <param name="ElementType">How its elements are stored where it is dense: F32, F16 or BF16.</param>
/// <param name="Rows">Its rows, at least one.</param>
/// <param name="Columns">Its columns, at least one.</param>
internal readonly record struct MatrixShape(ElementType ElementType, long Rows, int Columns)
{
    // A row is read as a whole. No model has rows that are near to this.
    private const int MaximumColumns = 1 << 24;

    /// <summary>Bytes of an element.</summary>
    public int ElementBytes => ElementType.Size();

    /// <summary>Bytes of a row where it is dense.</summary>
    public int RowBytes => Columns * ElementBytes;

    /// <summary>Bytes of a row's mask, one bit for each column.</summary>
    public int MaskBytes => (Columns + 7) / 8;

    /// <summary>The matrix that a tensor is. Vectors are none, nor are tensors without elements or of types that hold
    /// no weights.</summary>
    public static bool TryOf(TensorInfo tensor, out MatrixShape matrix)
    {
        matrix = default;
        if (tensor.Shape.Count < 2 || tensor.ElementCount == 0 || !tensor.ElementType.IsConvertible()
            || tensor.Shape[^1] > MaximumColumns)
        {
            return false;
        }

        matrix = new MatrixShape(tensor.ElementType, tensor.ElementCount / tensor.Shape[^1], (int)tensor.Shape[^1]);
        return true;
    }
}
