using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>How a tensor differs between two models.</summary>
/// <param name="Name">Its name in both checkpoints.</param>
/// <param name="Shape">Its dimensions in both.</param>
/// <param name="Sums">What was counted.</param>
internal sealed record TensorDiff(string Name, IReadOnlyList<long> Shape, DiffSums Sums)
{
    private const int PieceLength = 1 << 16;

    /// <summary>Compares a tensor of two checkpoints, a piece at a time.</summary>
    public static TensorDiff Of(
        Checkpoint first,
        TensorInfo a,
        Checkpoint second,
        TensorInfo b,
        CancellationToken cancellation)
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

    /// <summary>Compares the values of a tensor of two models, whose pieces may end at different places.</summary>
    /// <param name="name">Its name in both.</param>
    /// <param name="shape">Its dimensions in both.</param>
    /// <param name="a">Its values in the first; each piece is valid until the next is asked for.</param>
    /// <param name="b">Its values in the second, likewise.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    internal static TensorDiff Of(
        string name,
        IReadOnlyList<long> shape,
        IEnumerable<ReadOnlyMemory<float>> a,
        IEnumerable<ReadOnlyMemory<float>> b,
        CancellationToken cancellation)
    {
        using IEnumerator<ReadOnlyMemory<float>> left = a.GetEnumerator();
        using IEnumerator<ReadOnlyMemory<float>> right = b.GetEnumerator();
        (ReadOnlyMemory<float> x, ReadOnlyMemory<float> y) = (default, default);
        DiffSums sums = default;
        while ((x.Length > 0 || Next(left, out x)) && (y.Length > 0 || Next(right, out y)))
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(x.Length, y.Length);
            sums += DiffSums.Of(x.Span[..count], y.Span[..count]);
            (x, y) = (x[count..], y[count..]);
        }

        return new TensorDiff(name, shape, sums);
    }

    private static bool Next(IEnumerator<ReadOnlyMemory<float>> pieces, out ReadOnlyMemory<float> piece)
    {
        bool isThere = pieces.MoveNext();
        piece = isThere ? pieces.Current : default;
        return isThere;
    }
}
