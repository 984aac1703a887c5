using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>The zeros of a whole model, in which embedding, head, norms and biases count as well as what was
/// pruned.</summary>
internal static class ModelSparsity
{
    private const int PieceLength = 1 << 18;

    /// <summary>Zeros over weights in all tensors, as they are stored: a head that shares the embedding's weights
    /// counts once.</summary>
    /// <param name="checkpoint">The pruned model's weights.</param>
    /// <param name="pruned">What is known of the pruned tensors, which are not counted again.</param>
    /// <param name="cancellation">Stops between tensors.</param>
    public static double Measure(
        Checkpoint checkpoint,
        IReadOnlyList<TensorReport> pruned,
        CancellationToken cancellation)
    {
        var known = pruned.DistinctBy(tensor => tensor.Name)
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Sparsity);
        TensorInfo[] tensors = [.. checkpoint.Tensors.Where(tensor => tensor.ElementType.IsConvertible())];
        double zeros = tensors.AsParallel().AsOrdered().WithCancellation(cancellation).Select(tensor =>
            known.TryGetValue(tensor.Name, out double sparsity)
                ? Math.Round(sparsity * tensor.ElementCount)
                : Zeros(checkpoint, tensor)).Sum();
        double weights = tensors.Sum(tensor => (double)tensor.ElementCount);
        return weights == 0 ? 0 : zeros / weights;
    }

    private static long Zeros(Checkpoint checkpoint, TensorInfo tensor)
    {
        long zeros = 0;
        var piece = new float[Math.Min(PieceLength, tensor.ElementCount)];
        for (long start = 0; start < tensor.ElementCount; start += PieceLength)
        {
            Span<float> values = piece.AsSpan(0, (int)Math.Min(PieceLength, tensor.ElementCount - start));
            checkpoint.Read(tensor, start, values);
            zeros += values.Count(0f);
        }

        return zeros;
    }
}
