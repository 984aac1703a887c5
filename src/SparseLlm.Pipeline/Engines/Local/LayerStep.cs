using System.Numerics.Tensors;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Guarding;
using SparseLlm.Pruning.Methods.Sweeps;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>
/// A pruned decoder layer in the cache: a file with the bytes of its changed tensors one after the other, in the checkpoint's element types, and what was
/// reported of it.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="model">The dense model.</param>
internal sealed class LayerStep(BuildCache cache, DecoderModel model)
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "layer";

    private const string FileName = "tensors";
    private const int PieceLength = 1 << 16;

    private readonly Checkpoint checkpoint = model.Checkpoint;

    /// <summary>The layer with this key, or null if it is not in the cache.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="layer">The dense layer.</param>
    /// <param name="plan">How sparse its matrices are.</param>
    /// <param name="cancellation">Stops a download.</param>
    public PrunedLayer? Load(string key, LayerDefinition layer, SparsityPlan plan, CancellationToken cancellation)
    {
        if (cache.TryGet(key, entry => ReadReport(entry, layer, plan), cancellation) is not var (entry, report)
            || cache.TryRead(entry, FileName, file => report.Tensors.Select(name => Read(file, checkpoint[name], report)).ToArray(), cancellation) is not { } tensors)
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
    /// <param name="origin">What it is made for.</param>
    public void Save(string key, string description, PrunedLayer layer, string scratch, EntryOrigin origin)
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
            cache.Put(key, Kind, description, [(FileName, scratch)], new Report(layer.Index, names, layer.Linears, layer.Fallbacks, layer.Sweeps, layer.Guards), origin: origin);
        }
        finally
        {
            File.Delete(scratch);
        }
    }

    /// <summary>Whether the layer with this key is in the cache, here or on the remote one.</summary>
    public bool Contains(string key, CancellationToken cancellation) => cache.Contains(key, cancellation);

    /// <summary>What an entry tells of a layer, if it is this one: its tensors, each once, with their bytes and no others; its matrices as the plan has them.</summary>
    private Report ReadReport(CacheEntry entry, LayerDefinition layer, SparsityPlan plan)
    {
        var report = entry.MetadataAs<Report>(Kind);
        Dictionary<string, LinearDefinition> linears = layer.Linears.ToDictionary(linear => linear.WeightName);
        string[] reported = [.. report.Linears.Select(linear => linear.Name)];
        bool fits = report.Index == layer.Index
            && report.Tensors.Distinct().Count() == report.Tensors.Count
            && !report.Tensors.Except(Changeable(layer)).Any()
            && !reported.Except(report.Tensors).Any()
            && linears.Values.All(linear => plan.PatternFor(linear) is null || reported.Contains(linear.WeightName))
            && report.Linears.All(linear => linears.TryGetValue(linear.Name, out LinearDefinition? definition)
                && (linear.Rows, linear.Columns) == (definition.Outputs, definition.Inputs)
                && linear.Pattern == (plan.PatternFor(definition)?.ToString() ?? ArtifactInputs.Dense))
            && entry.Files is [{ Name: FileName } file]
            && file.Length == report.Tensors.Sum(name => checkpoint[name].ByteLength);
        return fits ? report : throw new InvalidDataException($"it does not hold layer {layer.Index} of this model");
    }

    /// <summary>The tensors that pruning a layer can change: the layer's, and the head's norm, which distillation tunes along with the last layer.</summary>
    private IEnumerable<string> Changeable(LayerDefinition layer)
    {
        ModelDefinition definition = model.Definition;
        IEnumerable<TensorShape> tensors = layer.Index == definition.Layers.Count - 1 && definition.Head.Norm is { } norm ? layer.Tensors.Concat(norm.Tensors) : layer.Tensors;
        return tensors.Select(tensor => tensor.Name);
    }

    private static PrunedTensor Read(Stream file, TensorInfo tensor, Report report)
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

        bool isAsReported = TensorPrimitives.IsFiniteAll<float>(values)
            && (report.Linears.FirstOrDefault(linear => linear.Name == tensor.Name) is not { } linear || values.AsSpan().Count(0f) == linear.Zeros);
        return isAsReported ? new PrunedTensor(tensor.Name, values) : throw new InvalidDataException($"the values of '{tensor.Name}' are not those that it tells of");
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
