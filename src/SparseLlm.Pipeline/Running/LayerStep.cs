using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Sweeps;

namespace SparseLlm.Pipeline.Running;

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

    /// <summary>The layer with this key, or null if it is not in the cache.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="cancellation">Stops a download.</param>
    public PrunedLayer? Load(string key, CancellationToken cancellation)
    {
        if (cache.TryGet(key, cancellation) is not { Kind: Kind } entry || entry.MetadataAs<Report>() is not { } report
            || cache.TryRead(entry, FileName) is not { } bytes)
        {
            return null;
        }

        var tensors = new List<PrunedTensor>();
        int offset = 0;
        foreach (string name in report.Tensors)
        {
            TensorInfo tensor = checkpoint[name];
            var values = new float[tensor.ElementCount];
            int length = (int)tensor.ByteLength;
            ElementTypes.ToSingle(bytes.AsSpan(offset, length), tensor.ElementType, values);
            tensors.Add(new PrunedTensor(name, values));
            offset += length;
        }

        return new PrunedLayer(report.Index, tensors, report.Linears, report.Fallbacks) { Sweeps = report.Sweeps };
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
                    var bytes = new byte[checkpoint[tensor.Name].ByteLength];
                    ElementTypes.FromSingle(tensor.Values, checkpoint[tensor.Name].ElementType, bytes);
                    file.Write(bytes);
                }
            }

            string[] names = [.. layer.Tensors.Select(tensor => tensor.Name)];
            cache.Put(key, Kind, description, [(FileName, scratch)], new Report(layer.Index, names, layer.Linears, layer.Fallbacks, layer.Sweeps));
        }
        finally
        {
            File.Delete(scratch);
        }
    }

    private sealed record Report(
        int Index, IReadOnlyList<string> Tensors, IReadOnlyList<LinearReport> Linears, IReadOnlyList<string> Fallbacks, SweepReport? Sweeps);
}
