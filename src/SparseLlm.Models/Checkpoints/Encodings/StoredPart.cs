namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>A tensor that is part of a packed one. The names are those that compressed-tensors has given
/// them.</summary>
/// <param name="Suffix">What follows the packed tensor's name.</param>
/// <param name="ElementType">Its element type.</param>
/// <param name="Shape">Its dimensions.</param>
internal sealed record StoredPart(string Suffix, ElementType ElementType, IReadOnlyList<long> Shape)
{
    /// <summary>The kept values, row by row, in the packed tensor's own type.</summary>
    public const string Values = ".compressed";

    /// <summary>The codes of the kept values, row by row; rows begin at bytes.</summary>
    public const string Codes = ".codes";

    /// <summary>The scales of each row's groups of codes.</summary>
    public const string Scales = ".scales";

    /// <summary>Which weights are kept: a bit for each, rows begin at bytes.</summary>
    public const string Mask = ".bitmask";

    /// <summary>Where the values of each row begin.</summary>
    public const string RowOffsets = ".row_offsets";

    /// <summary>The packed tensor's dimensions.</summary>
    public const string Dimensions = ".shape";

    /// <summary>Bytes of nothing behind a tensor, so that the next one begins where it should.</summary>
    public const string Padding = ".padding";

    /// <summary>Bytes that it takes.</summary>
    public long ByteLength => Shape.Aggregate((long)ElementType.Size(), (product, dimension) => product * dimension);

    /// <summary>The dimensions of a packed tensor.</summary>
    internal static StoredPart DimensionsOf(TensorInfo tensor)
        => new(Dimensions, ElementType.I64, [tensor.Shape.Count]);

    /// <summary>The scales of a packed tensor.</summary>
    internal static StoredPart ScalesOf(MatrixShape matrix, CodeFormat format)
        => new(Scales, ElementType.F16, [matrix.Rows, format.GroupsOf(matrix)]);

    /// <summary>The masks of a packed tensor.</summary>
    internal static StoredPart MaskOf(MatrixShape matrix) => new(Mask, ElementType.U8, [matrix.Rows, matrix.MaskBytes]);
}
