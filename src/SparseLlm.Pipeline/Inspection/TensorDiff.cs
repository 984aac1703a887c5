using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>How a tensor differs between two models.</summary>
/// <param name="Name">Its name in both checkpoints.</param>
/// <param name="Shape">Its dimensions in both.</param>
/// <param name="Sums">What was counted.</param>
public sealed record TensorDiff(string Name, IReadOnlyList<long> Shape, DiffSums Sums)
{
    private const int PieceLength = 1 << 16;

    /// <summary>Compares a tensor of two checkpoints, a piece at a time.</summary>
    public static TensorDiff Of(Checkpoint first, TensorInfo a, Checkpoint second, TensorInfo b, CancellationToken cancellation)
    {
        int length = (int)Math.Min(PieceLength, a.ElementCount);
        (float[] left, float[] right) = (new float[length], new float[length]);
        DiffSums sums = default;
        for (long start = 0; start < a.ElementCount; start += PieceLength)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(PieceLength, a.ElementCount - start);
            first.Read(a, start, left.AsSpan(0, count));
            second.Read(b, start, right.AsSpan(0, count));
            sums += DiffSums.Of(left.AsSpan(0, count), right.AsSpan(0, count));
        }

        return new TensorDiff(a.Name, a.Shape, sums);
    }
}
