namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>What the tensors of one layout take.</summary>
/// <param name="Layout">The layout's name; <c>dense</c> for tensors that are stored as they are.</param>
/// <param name="Tensors">How many there are.</param>
/// <param name="Weights">How many elements they have, zeros included.</param>
/// <param name="DenseBytes">Bytes that they take unpacked.</param>
/// <param name="StoredBytes">Bytes that they take as they are stored, without headers and padding.</param>
public sealed record LayoutSize(string Layout, int Tensors, long Weights, long DenseBytes, long StoredBytes)
{
    /// <summary>The layout of tensors that are stored as they are.</summary>
    public const string Dense = "dense";

    /// <summary>The layouts of a checkpoint, the one that stands for the most bytes first.</summary>
    public static IReadOnlyList<LayoutSize> Of(Checkpoint checkpoint) => Of(
        checkpoint,
        tensor => tensor.Packed?.Encoding,
        tensor => tensor.Packed?.StoredLength ?? tensor.ByteLength);

    /// <summary>The same of a dense checkpoint if it were packed.</summary>
    internal static IReadOnlyList<LayoutSize> Of(Checkpoint checkpoint, PackedLayout packed)
        => Of(checkpoint, packed.EncodingOf, packed.StoredLength);

    private static IReadOnlyList<LayoutSize> Of(
        Checkpoint checkpoint,
        Func<TensorInfo, IWeightEncoding?> encoding,
        Func<TensorInfo, long> storedLength) =>
    [
        .. checkpoint.Tensors
            .GroupBy(tensor => encoding(tensor)?.Layout ?? Dense)
            .Select(layout => new LayoutSize(
                layout.Key,
                layout.Count(),
                layout.Sum(tensor => tensor.ElementCount),
                layout.Sum(tensor => tensor.ByteLength),
                layout.Sum(storedLength)))
            .OrderByDescending(size => size.DenseBytes),
    ];
}
