using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Reports.Masks;

/// <summary>The mask densities of a pruned model.</summary>
internal static class MaskDensities
{
    /// <summary>The reports with the densities of their matrices, counted in the checkpoint as it was written.</summary>
    public static IReadOnlyList<TensorReport> Measure(string directory, IReadOnlyList<TensorReport> tensors)
    {
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        int side = MaskDensity.SideFor(tensors.Count);
        return [.. tensors.AsParallel().AsOrdered().Select(tensor => checkpoint.TryGet(tensor.Name, out TensorInfo? info) && info.ElementType.IsConvertible()
            ? tensor with { Mask = MaskDensity.Measure(checkpoint, info, side) }
            : tensor)];
    }
}
