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
    /// <param name="cancellation">Stops a download.</param>
    public PrunedLayer? Load(string key, CancellationToken cancellation)
    {
        if (cache.TryGet(key, cancellation) is not { Kind: Kind } entry || entry.MetadataAs<Report>() is not { } report
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
    public bool Contains(string key) => cache.Contains(key);

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

        return new PrunedTensor(tensor.Name, values);
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

    private sealed record Report(
        int Index, IReadOnlyList<string> Tensors, IReadOnlyList<LinearReport> Linears, IReadOnlyList<string> Fallbacks, SweepReport? Sweeps,
        IReadOnlyList<GuardReport>? Guards);
}
