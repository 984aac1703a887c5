using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pipeline.Planning;

/// <summary>What the files of an artifact take that is not there yet.</summary>
/// <param name="Bytes">Bytes of weights and of what belongs to them.</param>
/// <param name="IsEstimate">Whether they are estimated, from how sparse the matrices become.</param>
internal sealed record PlannedSize(long Bytes, bool IsEstimate)
{
    /// <summary>What a prune takes.</summary>
    /// <param name="dense">The model.</param>
    /// <param name="request">The prune.</param>
    /// <param name="known">The artifact, if it is known in any encoding.</param>
    internal static PlannedSize Of(DenseModel dense, PruneRequest request, ArtifactManifest? known)
    {
        long all = ModelFiles.Bytes(dense.Directory);
        return request.Encoding == CheckpointEncoding.Dense ? new PlannedSize(all, false)
            : known?.Size is { Packed: { } packed } size ? new PlannedSize(all - size.Dense + packed.Bytes, false)
            : new PlannedSize(all - Saved(dense, request), true);
    }

    private static long Saved(DenseModel dense, PruneRequest request)
    {
        using Checkpoint checkpoint = Checkpoint.Open(dense.Directory);
        return dense.Definition.Layers.SelectMany(layer => layer.Linears).Sum(linear =>
            request.Plan.PatternFor(linear) is { } pattern && checkpoint.TryGet(
                TensorSlice.TensorOf(linear.WeightName),
                out TensorInfo? tensor) ? Saved(linear, tensor.ElementType.Size(), pattern) : 0);
    }

    private static long Saved(LinearDefinition linear, int elementBytes, SparsityPattern pattern)
    {
        double weights = (double)linear.Outputs * linear.Inputs;
        (double kept, long offsets) = pattern switch
        {
            SparsityPattern.Groups groups => ((double)groups.Keep / groups.Size, 0L),
            SparsityPattern.Unstructured unstructured => (1 - unstructured.Fraction, sizeof(long)
                * (long)linear.Outputs),
            _ => (1, 0),
        };
        double packed = weights * kept * elementBytes + weights / 8 + offsets;
        return Math.Max(0, (long)(weights * elementBytes - packed));
    }
}
