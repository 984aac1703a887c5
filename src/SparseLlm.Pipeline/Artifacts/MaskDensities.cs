using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>The mask densities of a pruned model.</summary>
internal static class MaskDensities
{
    /// <summary>The reports with the densities of their matrices, counted in the checkpoint as it was
    /// written.</summary>
    /// <param name="directory">The pruned model.</param>
    /// <param name="definition">What it is made of.</param>
    /// <param name="tensors">The reports.</param>
    public static IReadOnlyList<TensorReport> Measure(
        string directory,
        ModelDefinition definition,
        IReadOnlyList<TensorReport> tensors)
    {
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        int side = MaskDensity.SideFor(tensors.Count);
        Dictionary<string, TensorSlice> slices = definition.Layers.SelectMany(layer => layer.Linears)
            .ToDictionary(linear => linear.WeightName, linear => linear.Weight);
        return [.. tensors.AsParallel().AsOrdered().Select(tensor =>
            slices.TryGetValue(tensor.Name, out TensorSlice? slice)
                ? tensor with { Mask = MaskDensity.Measure(checkpoint, slice, side) }
                : tensor)];
    }
}
