using System.IO.Compression;
using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>About what the weights, as they are stored, take in a package or in a layer of a container image, both of
/// which deflate what they hold.</summary>
/// <param name="Bytes">After deflating; in proportion where only a sample was deflated.</param>
/// <param name="Sample">The share of the weights that was deflated; 1 for all of them.</param>
internal sealed record CompressedSize(long Bytes, double Sample) : IJsonOnDeserialized
{
    private const int BlockLength = 1 << 18;

    // 128 MiB tell of the rest within a percent, and take about a second.
    private const int MostBlocks = 512;

    // Weights have nothing in common but runs of zeros and frequent bytes: looking for more takes three times as long,
    // and finds a few percent either way.
    private static readonly ZLibCompressionOptions Options = new()
    {
        CompressionStrategy = ZLibCompressionStrategy.RunLengthEncoding
    };

    /// <summary>Deflates a model's weights block by block, and keeps the lengths only. Where there are too many blocks
    /// it takes some, at equal distances.</summary>
    /// <param name="checkpoint">The weights.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <param name="mostBlocks">How many blocks it may take.</param>
    internal static CompressedSize Measure(
        Checkpoint checkpoint,
        CancellationToken cancellation,
        int mostBlocks = MostBlocks)
    {
        (TensorInfo Tensor, long Start, int Length)[] blocks = [.. checkpoint.Tensors
            .SelectMany(tensor => tensor.Packed?.Parts ?? [tensor])
            .SelectMany(Blocks)];
        int taken = Math.Min(blocks.Length, mostBlocks);
        (TensorInfo Tensor, long Start, int Length)[] sample = [.. Enumerable.Range(0, taken)
            .Select(index => blocks[(long)index * blocks.Length / taken])];
        long deflated = sample.AsParallel().WithCancellation(cancellation)
            .Sum(block => Deflate(checkpoint, block.Tensor, block.Start, block.Length));
        double share = sample.Sum(block => (long)block.Length) / (double)blocks.Sum(block => (long)block.Length);
        return new CompressedSize((long)(deflated / share), share);
    }

    private static IEnumerable<(TensorInfo Tensor, long Start, int Length)> Blocks(TensorInfo tensor)
    {
        for (long start = 0; start < tensor.ByteLength; start += BlockLength)
        {
            yield return (tensor, start, (int)Math.Min(BlockLength, tensor.ByteLength - start));
        }
    }

    private static long Deflate(Checkpoint checkpoint, TensorInfo tensor, long start, int length)
    {
        var bytes = new byte[length];
        checkpoint.ReadBytes(tensor, start, bytes);
        using var deflated = new MemoryStream(length);
        using (var stream = new DeflateStream(deflated, Options, leaveOpen: true))
        {
            stream.Write(bytes);
        }

        return deflated.Length;
    }

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Bytes > 0, "a compressed size is no size");
        RecordJson.Require(Sample is > 0 and <= 1, "a sample is not a share");
    }
}
