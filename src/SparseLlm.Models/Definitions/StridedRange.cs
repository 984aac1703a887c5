namespace SparseLlm.Models.Definitions;

/// <summary>Runs of consecutive numbers at equal distances: the rows of q among the fused rows of q, k and v, head by
/// head.</summary>
/// <param name="First">Where the first run begins.</param>
/// <param name="Run">Numbers in a run.</param>
/// <param name="Stride">From the beginning of one run to that of the next.</param>
/// <param name="Runs">How many runs.</param>
public sealed record StridedRange(int First, int Run, int Stride, int Runs)
{
    /// <summary>Consecutive numbers.</summary>
    public static StridedRange Consecutive(int first, int count) => new(first, count, count, 1);

    /// <summary>How many numbers.</summary>
    public int Count => Run * Runs;

    /// <summary>The i-th number.</summary>
    public int this[int i] => First + i / Run * Stride + i % Run;
}
