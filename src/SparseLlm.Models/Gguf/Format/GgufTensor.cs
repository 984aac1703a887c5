namespace SparseLlm.Models.Gguf.Format;

/// <summary>A tensor of a GGUF file: its name, its shape and how it is stored.</summary>
/// <param name="Name">Its name, such as <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Dimensions">The fastest first, as ggml counts: columns, rows, planes.</param>
/// <param name="Type">How its elements are stored.</param>
public record GgufTensor(string Name, IReadOnlyList<long> Dimensions, GgufElementType Type)
{
    /// <summary>Elements of all dimensions.</summary>
    public long ElementCount { get; } = Dimensions.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>Elements of a row.</summary>
    public int Columns => (int)Dimensions[0];

    /// <summary>Rows of all planes.</summary>
    public long Rows => ElementCount / Dimensions[0];

    /// <summary>Bytes that it takes.</summary>
    public long ByteLength => Type.ByteLength(ElementCount);
}
