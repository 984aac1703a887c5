using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Models.Checkpoints;

/// <summary>A tensor of a checkpoint: where it lies and what it holds.</summary>
/// <param name="Name">Its full name, such as <c>model.layers.0.mlp.up_proj.weight</c>.</param>
/// <param name="ElementType">How its elements are stored.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="ElementCount">The product of its dimensions.</param>
/// <param name="Shard">The file that holds it, relative to the checkpoint's directory.</param>
/// <param name="Offset">Its first byte in that file; of a packed one, that of its values.</param>
public sealed record TensorInfo(
    string Name, ElementType ElementType, IReadOnlyList<long> Shape, long ElementCount, string Shard, long Offset)
{
    /// <summary>How it is packed; null if it is stored as it is.</summary>
    internal PackedTensor? Packed { get; init; }

    /// <summary>How its elements lie in the file; null if they are one behind the other.</summary>
    public StridedView? View { get; init; }

    /// <summary>Bytes that it takes, unpacked if it is packed.</summary>
    public long ByteLength => ElementCount * ElementType.Size();

    /// <summary>Name, element type and shape, as they appear in messages.</summary>
    public override string ToString() => $"{Name} {ElementType} [{string.Join(" x ", Shape)}]";
}
