using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>
/// A pruned decoder layer in the cache: a file with the bytes of its changed tensors one after the other, in the
/// checkpoint's element types, and what was reported of it.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="model">The dense model.</param>
internal sealed class LayerStep(BuildCache cache, DecoderModel model)
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "layer";

    private const string FileName = "tensors";

    private readonly Checkpoint checkpoint = model.Checkpoint;

    /// <summary>The layer with this key, or null if it is not in the cache.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="layer">The dense layer.</param>
    /// <param name="plan">How sparse its matrices are.</param>
    /// <param name="cancellation">Stops a download.</param>
    public PrunedLayer? Load(string key, LayerDefinition layer, SparsityPlan plan, CancellationToken cancellation)
    {
        if (cache.TryGet(key, entry => ReadReport(entry, layer, plan), cancellation) is not var (entry, report)
            || cache.TryRead(entry, FileName, file => Read(file, layer, report), cancellation) is not { } tensors)
        {
            return null;
        }

        return new PrunedLayer(report.Index, tensors, report.Linears, report.Fallbacks)
        {
            Sweeps = report.Sweeps,
            Guards = report.Guards ?? []
        };
    }

    /// <summary>Puts a layer into the cache.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="description">What it is, for people.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="scratch">A path for a file on the way there, which is deleted again.</param>
    /// <param name="origin">What it is made for.</param>
    public void Save(string key, string description, PrunedLayer layer, string scratch, EntryOrigin origin)
    {
        try
        {
            using (FileStream file = File.Create(scratch))
            {
                foreach (PrunedTensor tensor in layer.Tensors)
                {
                    file.Write(tensor.Bytes);
                }
            }

            string[] names = [.. layer.Tensors.Select(tensor => tensor.Name)];
            cache.Put(
                key,
                Kind,
                description,
                [(FileName, scratch)],
                new Report(layer.Index, names, layer.Linears, layer.Fallbacks, layer.Sweeps, layer.Guards),
                origin: origin);
        }
        finally
        {
            File.Delete(scratch);
        }
    }

    /// <summary>Whether the layer with this key is in the cache, here or on the remote one.</summary>
    public bool Contains(string key, CancellationToken cancellation) => cache.Contains(key, cancellation);

    /// <summary>What an entry tells of a layer, if it is this one: its tensors, each once, with their bytes and no
    /// others; its matrices as the plan has them.</summary>
    private Report ReadReport(CacheEntry entry, LayerDefinition layer, SparsityPlan plan)
    {
        var report = entry.MetadataAs<Report>(Kind);
        Dictionary<string, LinearDefinition> linears = layer.Linears.ToDictionary(linear => linear.WeightName);
        Dictionary<string, (TensorShape Tensor, int? Plane)> changeable = Changeable(layer);
        string[] reported = [.. report.Linears.Select(linear => linear.Name)];
        bool fits = report.Index == layer.Index
            && report.Tensors.Distinct().Count() == report.Tensors.Count
            && !report.Tensors.Except(changeable.Keys).Any()
            && !report.Linears.Any(linear => linears.TryGetValue(linear.Name, out LinearDefinition? definition)
                && !report.Tensors.Contains(PrunedTensor.NameOf(definition.Weight)))
            && linears.Values.All(linear => plan.PatternFor(linear) is null || reported.Contains(linear.WeightName))
            && report.Linears.All(linear => linears.TryGetValue(linear.Name, out LinearDefinition? definition)
                && (linear.Rows, linear.Columns) == (definition.Outputs, definition.Inputs)
                && linear.Pattern == (plan.PatternFor(definition)?.ToString() ?? ArtifactInputs.Dense))
            && entry.Files is [{ Name: FileName } file]
            && file.Length == report.Tensors.Sum(name => ByteLength(changeable[name].Tensor));
        return fits ? report : throw new InvalidDataException($"it does not hold layer {layer.Index} of this model");
    }

    /// <summary>
    /// The tensors, or planes of them, that pruning a layer can change, by name: the layer's, and the head's norm,
    /// which distillation tunes along with the last layer.
    /// </summary>
    private Dictionary<string, (TensorShape Tensor, int? Plane)> Changeable(LayerDefinition layer)
    {
        ModelDefinition definition = model.Definition;
        IEnumerable<TensorShape> tensors = layer.Index == definition.Layers.Count - 1
            && definition.Head.Norm is { } norm ? layer.Tensors.Concat(norm.Tensors) : layer.Tensors;
        return tensors.SelectMany(tensor => tensor.Planes == 0
                ? [(tensor, (int?)null)]
                : Enumerable.Range(0, tensor.Planes).Select(plane => (tensor, (int?)plane)))
            .ToDictionary(entry => PrunedTensor.NameOf(entry.tensor.Name, entry.Item2));
    }

    private long ByteLength(TensorShape tensor) => tensor.PlaneLength * checkpoint[tensor.Name].ElementType.Size();

    private PrunedTensor[] Read(Stream file, LayerDefinition layer, Report report)
    {
        Dictionary<string, (TensorShape Tensor, int? Plane)> changeable = Changeable(layer);
        ILookup<string, LinearDefinition> linears = layer.Linears
            .ToLookup(linear => PrunedTensor.NameOf(linear.Weight));
        Dictionary<string, LinearReport> reports = report.Linears.ToDictionary(linear => linear.Name);
        var tensors = new List<PrunedTensor>();
        foreach (string name in report.Tensors)
        {
            (TensorShape shape, int? plane) = changeable[name];
            byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)ByteLength(shape)));
            file.ReadExactly(bytes);
            var tensor = new PrunedTensor(shape.Name, plane, checkpoint[shape.Name].ElementType, bytes);
            bool isAsReported = ElementTypes.AreFinite(bytes, tensor.ElementType)
                && HasZeros(tensor, linears[name].Where(linear => reports.ContainsKey(linear.WeightName))
                    .Select(linear => (linear, reports[linear.WeightName].Zeros)));
            tensors.Add(isAsReported
                ? tensor
                : throw new InvalidDataException($"the values of '{name}' are not those that it tells of"));
        }

        return [.. tensors];
    }

    private static bool HasZeros(PrunedTensor tensor, IEnumerable<(LinearDefinition Linear, long Zeros)> reported)
    {
        if (!reported.Any())
        {
            return true;
        }

        float[] values = tensor.Values;
        return reported.All(report => Weights(report.Linear.Weight).AsSpan().Count(0f) == report.Zeros);

        float[] Weights(TensorSlice slice)
        {
            if (slice.IsWholePlane)
            {
                return values;
            }

            var weights = new float[(long)slice.Rows * slice.Columns];
            slice.Gather<float>(values, weights);
            return weights;
        }
    }

    /// <summary>What is kept of a layer beside the bytes of its tensors.</summary>
    internal sealed record Report(
        int Index, IReadOnlyList<string> Tensors, IReadOnlyList<LinearReport> Linears, IReadOnlyList<string> Fallbacks,
        SweepReport? Sweeps,
        IReadOnlyList<GuardReport>? Guards);
}
