using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>What the weights of a pruned model take packed.</summary>
/// <param name="Bytes">Its safetensors files, in bytes.</param>
/// <param name="BitsPerWeight">Of the pruned matrices, zeros counted as weights; 0 where there are none.</param>
/// <param name="DenseBitsPerWeight">Of the same where they are not packed.</param>
internal sealed record PackedSize(long Bytes, double BitsPerWeight, double DenseBitsPerWeight) : IJsonOnDeserialized
{
    /// <summary>The layouts of its tensors, the one of the most weights first; null where an older version of the tool
    /// has made it.</summary>
    public IReadOnlyList<LayoutReport>? Layouts { get; init; }

    /// <summary>Whether there are pruned matrices, and so bits of their weights.</summary>
    [JsonIgnore]
    public bool HasMatrices => BitsPerWeight > 0;

    /// <summary>Reads it off a model that is packed, and finds it out for one that is not.</summary>
    /// <param name="checkpoint">The weights.</param>
    /// <param name="pruned">The matrices that were pruned.</param>
    /// <param name="cancellation">Stops in between.</param>
    internal static PackedSize Measure(
        Checkpoint checkpoint,
        IReadOnlyList<TensorReport> pruned,
        CancellationToken cancellation)
    {
        PackedLayout? layout = checkpoint.IsPacked ? null : PackedLayout.Of(checkpoint, cancellation);
        long bytes = layout?.ByteLength
            ?? checkpoint.Shards.Sum(shard => ModelFiles.Length(checkpoint.Directory, shard));
        HashSet<string> names = [.. pruned.Select(tensor => tensor.Tensor)];
        TensorInfo[] tensors = [.. checkpoint.Tensors.Where(tensor => names.Contains(tensor.Name))];
        long weights = tensors.Sum(tensor => tensor.ElementCount);
        return new PackedSize(
            bytes,
            Bits(
                tensors.Sum(tensor => layout?.StoredLength(tensor) ?? tensor.Packed?.StoredLength ?? tensor.ByteLength),
                weights),
            Bits(tensors.Sum(tensor => tensor.ByteLength), weights))
        {
            Layouts = [.. (layout is null ? LayoutSize.Of(checkpoint) : LayoutSize.Of(checkpoint, layout))
                .Select(size => new LayoutReport(
                    size.Layout,
                    size.Tensors,
                    size.Weights,
                    Bits(size.StoredBytes, size.Weights)))],
        };
    }

    private static double Bits(long bytes, long weights) => weights == 0 ? 0 : Math.Round(8.0 * bytes / weights, 4);

    void IJsonOnDeserialized.OnDeserialized() => RecordJson.Require(
        Bytes is > 0 and < 1L << 50 && BitsPerWeight is >= 0 and <= 64
            && DenseBitsPerWeight is >= 0 and <= 64, "a packed size is none that a model can have");
}

/// <summary>The tensors of a packed model that are stored in one way.</summary>
/// <param name="Layout">Its name in <c>sparsellm.json</c>; <c>dense</c> for what is stored as it is.</param>
/// <param name="Tensors">How many there are.</param>
/// <param name="Weights">How many weights they have, zeros counted.</param>
/// <param name="BitsPerWeight">What one takes, with its share of masks, scales and offsets.</param>
internal sealed record LayoutReport(
    string Layout,
    int Tensors,
    long Weights,
    double BitsPerWeight) : IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized() => RecordJson.Require(
        Tensors > 0 && Weights is >= 0 and < 1L << 50 && BitsPerWeight is >= 0 and <= 64,
        "a layout is none that a model can have");
}
