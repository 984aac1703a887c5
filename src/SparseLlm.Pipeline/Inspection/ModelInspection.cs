using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>What is in a model's checkpoint.</summary>
/// <param name="Architecture">The name in config.json.</param>
/// <param name="Sparsity">Zeros over weights, in the linear layers inside the decoder layers.</param>
/// <param name="Tensors">Every tensor, in the order of the checkpoint.</param>
internal sealed record ModelInspection(string Architecture, double Sparsity, IReadOnlyList<TensorInspection> Tensors)
{
    /// <summary>What its tensors take, by layout.</summary>
    public required IReadOnlyList<LayoutSize> Layouts { get; init; }

    /// <summary>Bytes of its files with weights.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes of its tensors where they are not packed, without headers.</summary>
    public long DenseBytes => Layouts.Sum(layout => layout.DenseBytes);

    /// <summary>Reads a Hugging Face directory.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">It cannot be read.</exception>
    public static ModelInspection Of(string directory, CancellationToken cancellation)
    {
        ModelDefinition definition = DecoderModel.ReadDefinition(directory);
        ILookup<string, TensorSlice> matrices = definition.Layers.SelectMany(layer => layer.Linears)
            .ToLookup(linear => linear.Weight.Tensor.Name, linear => linear.Weight);
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        var tensors = new List<TensorInspection>();
        (double zeros, double weights) = (0, 0);
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            TensorInspection inspection = TensorInspection.Of(
                checkpoint,
                tensor,
                cancellation,
                [.. matrices[tensor.Name].Where(matrix => matrix.IsTransposed)]);
            tensors.Add(inspection);
            if (matrices.Contains(tensor.Name))
            {
                zeros += inspection.Sparsity * tensor.ElementCount;
                weights += tensor.ElementCount;
            }
        }

        return new ModelInspection(definition.Architecture, weights == 0 ? 0 : zeros / weights, tensors)
        {
            Layouts = LayoutSize.Of(checkpoint),
            Bytes = checkpoint.Shards.Sum(shard => ModelFiles.Length(directory, shard)),
        };
    }
}
