using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>How two models of one architecture, dense or pruned, differ.</summary>
/// <param name="Architecture">The name in both config.json files.</param>
/// <param name="Total">Over the linear layers inside the decoder layers.</param>
/// <param name="Tensors">Every tensor of weights that is in both, in the order of the first checkpoint.</param>
/// <param name="OnlyInA">Names of tensors that the second does not have.</param>
/// <param name="OnlyInB">Names of tensors that the first does not have.</param>
/// <param name="Perplexity">Perplexities in pruning.json of either, by the name of the text.</param>
internal sealed record ArtifactDiff(
    string Architecture,
    DiffSums Total,
    IReadOnlyList<TensorDiff> Tensors,
    IReadOnlyList<string> OnlyInA,
    IReadOnlyList<string> OnlyInB,
    IReadOnlyDictionary<string, PerplexityPair> Perplexity)
{
    /// <summary>Compares two models, tensor by tensor: two Hugging Face directories as they are, or as GGUF where one
    /// of them is a GGUF file.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <exception cref="DiagnosticException">One cannot be read, or their architectures or shapes differ.</exception>
    public static ArtifactDiff Of(string a, string b, CancellationToken cancellation)
    {
        if (GgufFile.IsMeantBy(a) || GgufFile.IsMeantBy(b))
        {
            return OfGguf(a, b, cancellation);
        }

        ModelDefinition definition = DecoderModel.ReadDefinition(a);
        string other = DecoderModel.ReadDefinition(b).Architecture;
        if (other != definition.Architecture)
        {
            throw NotComparable(b, $"this is a {other}, and {a} is a {definition.Architecture}");
        }

        using Checkpoint first = Checkpoint.Open(a);
        using Checkpoint second = Checkpoint.Open(b);
        var linears = definition.Layers.SelectMany(layer => layer.Linears).Select(linear => linear.Weight.Tensor.Name)
            .ToHashSet();
        var tensors = new List<TensorDiff>();
        DiffSums total = default;
        foreach (TensorInfo tensor in first.Tensors)
        {
            if (!second.TryGet(tensor.Name, out TensorInfo? counterpart)
                || !tensor.ElementType.IsConvertible() || !counterpart.ElementType.IsConvertible())
            {
                continue;
            }

            if (!tensor.Shape.SequenceEqual(counterpart.Shape))
            {
                throw NotComparable(b, $"{tensor.Name} is {string.Join(" x ", counterpart.Shape)} here and "
                    + $"{string.Join(" x ", tensor.Shape)} in {a}");
            }

            TensorDiff diff = TensorDiff.Of(first, tensor, second, counterpart, cancellation);
            tensors.Add(diff);
            total += linears.Contains(tensor.Name) ? diff.Sums : default;
        }

        return new ArtifactDiff(
            definition.Architecture, total, tensors, Missing(first, second), Missing(second, first), Perplexities(
                ArtifactManifest.TryRead(a),
                ArtifactManifest.TryRead(b)));
    }

    private static ArtifactDiff OfGguf(string a, string b, CancellationToken cancellation)
    {
        using GgufModel first = GgufModel.Open(a);
        using GgufModel second = GgufModel.Open(b);
        if (first.Architecture != second.Architecture)
        {
            throw NotComparable(b, $"this is a {second.Architecture}, and {a} is a {first.Architecture}");
        }

        Dictionary<string, GgufTensor> others = second.Tensors.ToDictionary(tensor => tensor.Name);
        var tensors = new List<TensorDiff>();
        DiffSums total = default;
        foreach (GgufTensor tensor in first.Tensors.Where(tensor => others.ContainsKey(tensor.Name)))
        {
            GgufTensor counterpart = others[tensor.Name];
            if (!tensor.Dimensions.SequenceEqual(counterpart.Dimensions))
            {
                throw NotComparable(b, $"{tensor.Name} is {string.Join(" x ", counterpart.Dimensions.Reverse())} here "
                    + $"and {string.Join(" x ", tensor.Dimensions.Reverse())} in {a}");
            }

            TensorDiff diff = TensorDiff.Of(
                tensor.Name,
                [.. tensor.Dimensions.Reverse()],
                first.Read(tensor),
                second.Read(counterpart),
                cancellation);
            tensors.Add(diff);
            total += GgufInspection.IsPrunable(tensor.Name, tensor.Dimensions.Count) ? diff.Sums : default;
        }

        string[] namesA = [.. first.Tensors.Select(tensor => tensor.Name)];
        return new ArtifactDiff(
            first.Architecture, total, tensors, [.. namesA.Except(others.Keys)], [.. others.Keys
                .Except(namesA)], Perplexities(ArtifactManifest.TryRead(a), ArtifactManifest.TryRead(b)));
    }

    private static string[] Missing(Checkpoint from, Checkpoint to) =>
        [.. from.Tensors.Select(tensor => tensor.Name).Where(name => !to.TryGet(name, out _))];

    private static Dictionary<string, PerplexityPair> Perplexities(ArtifactManifest? a, ArtifactManifest? b) =>
        Names(a).Union(Names(b)).ToDictionary(name => name, name => new PerplexityPair(Value(a, name), Value(b, name)));

    private static IEnumerable<string> Names(ArtifactManifest? manifest) => manifest?.Perplexity.Keys ?? [];

    private static double? Value(ArtifactManifest? manifest, string name)
        => manifest?.Perplexity.GetValueOrDefault(name)?.Pruned;

    private static DiagnosticException NotComparable(string model, string reason) =>
        PipelineDiagnostics.ModelsNotComparable
            .Error(new SourceLocation(model), $"{reason}; name two models of one architecture and size");
}

/// <summary>Perplexity on one text, of two models.</summary>
/// <param name="A">Of the first, if its pruning.json has it.</param>
/// <param name="B">Of the second, if its pruning.json has it.</param>
internal sealed record PerplexityPair(double? A, double? B);
