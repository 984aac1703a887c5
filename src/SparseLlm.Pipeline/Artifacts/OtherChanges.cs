using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>What pruning has changed beside the matrices that it pruned, found in the bytes that were
/// written.</summary>
internal static class OtherChanges
{
    /// <summary>The tensors whose digests differ, in the order of the checkpoint. A tied head that is stored under two
    /// names may have become one.</summary>
    /// <param name="dense">The dense model.</param>
    /// <param name="written">The pruned one.</param>
    /// <param name="pruned">The matrices that were pruned.</param>
    /// <param name="fewerExperts">Whether experts have been dropped.</param>
    /// <param name="cancellation">Stops between pieces of tensors.</param>
    public static IReadOnlyList<ChangedTensor> Find(
        DenseModel dense,
        WrittenModel written,
        IEnumerable<TensorReport> pruned,
        bool fewerExperts,
        CancellationToken cancellation)
    {
        // Experts that move up in the place of others have not been changed.
        IEnumerable<string> moved = fewerExperts
            ? dense.Definition.Layers.SelectMany(layer => layer.Blocks).Select(block => block.Mixer)
                .OfType<ExpertsDefinition>()
                .SelectMany(experts => experts.Tensors)
                .Select(tensor => tensor.Name)
            : [];
        HashSet<string> known = [.. pruned.Select(tensor => tensor.Tensor), .. moved];
        IReadOnlyDictionary<string, string> digests = ModelDigests.TensorsIn(written.Directory, written.TensorsIn);
        using Checkpoint before = Checkpoint.Open(dense.Directory);
        using Checkpoint after = Checkpoint.Open(written.Directory);
        return
        [
            .. from tensor in before.Tensors
               where !known.Contains(tensor.Name) && digests.TryGetValue(tensor.Name, out string? digest)
                   && digest != dense.Digests.Tensors[tensor.Name]
               let diff = TensorDiff.Of(before, tensor, after, after[tensor.Name], cancellation)
               select new ChangedTensor(tensor.Name, tensor.Shape, diff.Sums.RelativeDistance),
        ];
    }
}
