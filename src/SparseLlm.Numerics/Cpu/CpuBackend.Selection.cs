using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Pruning;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void KeepLargest(Matrix<float> scores, long keep, Matrix<float> mask)
    {
        (View<float> source, View<float> target) = OpenSelection(scores, keep, scores.Length, mask);
        new RadixSelection(team, pool).KeepLargest(source.Data, source.Length, (nint)keep, target.Data);
        Keep(scores, mask);
    }

    /// <inheritdoc/>
    public void KeepLargestPerRow(Matrix<float> scores, long keep, Matrix<float> mask)
    {
        (View<float> source, View<float> target) = OpenSelection(scores, keep, scores.Length, mask);
        new RadixSelection(team, pool).KeepLargestPerRow(source, keep, target);
        Keep(scores, mask);
    }

    /// <inheritdoc/>
    public void KeepLargestPerGroup(Matrix<float> scores, int keep, int group, Matrix<float> mask)
    {
        Shapes.RequireGroups(scores, group);
        (View<float> source, View<float> target) = OpenSelection(scores, keep, group, mask);
        GroupSelection.KeepLargest(team, source, keep, group, target);
        Keep(scores, mask);
    }

    /// <inheritdoc/>
    public long CountNonZero(Matrix<float> x)
    {
        long count = Counts.NonZero(team, Open(x));
        Keep(x);
        return count;
    }

    /// <inheritdoc/>
    public long CountAbove(Matrix<float> x, double threshold)
    {
        long count = Counts.Above(team, Open(x), threshold);
        Keep(x);
        return count;
    }

    /// <inheritdoc/>
    public long CountDifferent(Matrix<float> x, Matrix<float> y)
    {
        long count = Counts.Different(team, Open(x), Open(y, x.Rows, x.Columns));
        Keep(x, y);
        return count;
    }

    private static (View<float> Scores, View<float> Mask) OpenSelection(
        Matrix<float> scores,
        long keep,
        long most,
        Matrix<float> mask)
    {
        View<float> source = Open(scores);
        View<float> target = Open(mask, scores.Rows, scores.Columns);
        Shapes.RequireCount(keep, most);
        Shapes.RequireApart(Overlap(scores, mask), nameof(mask));
        return (source, target);
    }
}
