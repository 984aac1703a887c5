using System.Numerics.Tensors;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Guarding;
using SparseLlm.Pruning.Methods.Sweeps;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>
/// A pruned decoder layer in the cache: a file with the bytes of its changed tensors one after the other, in the checkpoint's element types, and what was
/// reported of it.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="checkpoint">The dense checkpoint.</param>
internal sealed class LayerStep(BuildCache cache, Checkpoint checkpoint)
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "layer";

    private const string FileName = "tensors";
    private const int PieceLength = 1 << 16;

    /// <summary>The layer with this key, or null if it is not in the cache.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="index">Its place in the model.</param>
    /// <param name="cancellation">Stops a download.</param>
    public PrunedLayer? Load(string key, int index, CancellationToken cancellation)
    {
        if (cache.TryGet(key, entry => ReadReport(entry, index), cancellation) is not var (entry, report)
            || cache.TryRead(entry, FileName, file => report.Tensors.Select(name => Read(file, checkpoint[name])).ToArray(), cancellation) is not { } tensors)
        {
            return null;
        }

        return new PrunedLayer(report.Index, tensors, report.Linears, report.Fallbacks) { Sweeps = report.Sweeps, Guards = report.Guards ?? [] };
    }

    /// <summary>Puts a layer into the cache.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="description">What it is, for people.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="scratch">A path for a file on the way there, which is deleted again.</param>
    public void Save(string key, string description, PrunedLayer layer, string scratch)
    {
        try
        {
            using (FileStream file = File.Create(scratch))
            {
                foreach (PrunedTensor tensor in layer.Tensors)
                {
                    Write(file, tensor.Values, checkpoint[tensor.Name].ElementType);
                }
            }

            string[] names = [.. layer.Tensors.Select(tensor => tensor.Name)];
            cache.Put(key, Kind, description, [(FileName, scratch)], new Report(layer.Index, names, layer.Linears, layer.Fallbacks, layer.Sweeps, layer.Guards));
        }
        finally
        {
            File.Delete(scratch);
        }
    }

    /// <summary>Whether the layer with this key is in the cache, here or on the remote one.</summary>
    public bool Contains(string key, CancellationToken cancellation) => cache.Contains(key, cancellation);

    /// <summary>What an entry reports of a layer, held against the checkpoint: its tensors are there, once, and its file has their bytes and no others.</summary>
    private Report ReadReport(CacheEntry entry, int index)
    {
        var report = entry.MetadataAs<Report>(Kind);
        TensorInfo?[] tensors = [.. report.Tensors.Select(Find)];
        bool fits = report.Index == index
            && report.Tensors.Distinct().Count() == tensors.Length
            && tensors.All(tensor => tensor?.ElementType.IsConvertible() == true)
            && entry.Files is [{ Name: FileName } file] && file.Length == tensors.Sum(tensor => tensor!.ByteLength)
            && report.Linears.All(linear => Find(linear.Name)?.Shape is [var rows, var columns] && (rows, columns) == (linear.Rows, linear.Columns));
        return fits ? report : throw new InvalidDataException($"it does not hold a layer {index} of this model");
    }

    private TensorInfo? Find(string name) => checkpoint.TryGet(name, out TensorInfo? tensor) ? tensor : null;

    private static PrunedTensor Read(Stream file, TensorInfo tensor)
    {
        var values = new float[tensor.ElementCount];
        var bytes = new byte[PieceLength * tensor.ElementType.Size()];
        for (int start = 0; start < values.Length; start += PieceLength)
        {
            Span<float> piece = values.AsSpan(start, Math.Min(PieceLength, values.Length - start));
            Span<byte> stored = bytes.AsSpan(0, piece.Length * tensor.ElementType.Size());
            file.ReadExactly(stored);
            ElementTypes.ToSingle(stored, tensor.ElementType, piece);
        }

        return TensorPrimitives.IsFiniteAll<float>(values)
            ? new PrunedTensor(tensor.Name, values)
            : throw new InvalidDataException($"the tensor '{tensor.Name}' has a value that is not finite");
    }

    private static void Write(Stream file, ReadOnlySpan<float> values, ElementType type)
    {
        var bytes = new byte[PieceLength * type.Size()];
        for (int start = 0; start < values.Length; start += PieceLength)
        {
            ReadOnlySpan<float> piece = values.Slice(start, Math.Min(PieceLength, values.Length - start));
            Span<byte> stored = bytes.AsSpan(0, piece.Length * type.Size());
            ElementTypes.FromSingle(piece, type, stored);
            file.Write(stored);
        }
    }

    /// <summary>What is kept of a layer beside the bytes of its tensors.</summary>
    internal sealed record Report(
        int Index, IReadOnlyList<string> Tensors, IReadOnlyList<LinearReport> Linears, IReadOnlyList<string> Fallbacks, SweepReport? Sweeps,
        IReadOnlyList<GuardReport>? Guards);
}
