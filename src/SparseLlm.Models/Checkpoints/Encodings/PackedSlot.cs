namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>A tensor of a packed shard.</summary>
/// <param name="Tensor">The tensor of the source that it is, or is part of.</param>
/// <param name="Part">The part.</param>
/// <param name="Begin">Its first byte, behind the header.</param>
internal sealed record PackedSlot(TensorInfo Tensor, StoredPart Part, long Begin)
{
    public string Name => Tensor.Name + Part.Suffix;
}
