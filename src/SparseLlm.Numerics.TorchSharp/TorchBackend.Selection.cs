using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Selection;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
{
    /// <inheritdoc/>
    public void KeepLargest(Matrix<float> scores, long keep, Matrix<float> mask)
    {
        using Operation operation = Begin();
        (Tensor source, Tensor target) = OpenSelection(operation, scores, keep, scores.Length, mask);
        target.copy_(ExactSelection.KeepLargest(source.abs(), keep, kernels?.KeepLargest));
    }

    /// <inheritdoc/>
    public void KeepLargestPerRow(Matrix<float> scores, long keep, Matrix<float> mask)
    {
        using Operation operation = Begin();
        (Tensor source, Tensor target) = OpenSelection(operation, scores, keep, scores.Length, mask);
        long[] counts = [.. Enumerable.Range(0, scores.Rows)
            .Select(row => EvenShares.Of(keep, row, row + 1L, scores.Rows))];
        Tensor perRow = transfer.Vector<long>(counts).unsqueeze(1);
        chunks.Map(target, source, perRow, (rows, keeps) => ExactSelection.KeepLargestPerRow(rows.abs(), keeps));
    }

    /// <inheritdoc/>
    public void KeepLargestPerGroup(Matrix<float> scores, int keep, int group, Matrix<float> mask)
    {
        Shapes.RequireGroups(scores, group);
        using Operation operation = Begin();
        (Tensor source, Tensor target) = OpenSelection(operation, scores, keep, group, mask);
        Tensor perGroup = transfer.Vector<long>([keep]);
        chunks.Map(
            target.view(-1, group),
            source.view(-1, group),
            groups => ExactSelection.KeepLargestPerRow(groups.abs(), perGroup));
    }

    /// <inheritdoc/>
    public long CountNonZero(Matrix<float> x)
    {
        using Operation operation = Begin();
        return transfer.Read<long>(operation.Open(x).ne(Kept(0)).sum());
    }

    /// <inheritdoc/>
    public long CountAbove(Matrix<float> x, double threshold)
    {
        using Operation operation = Begin();
        Tensor elements = operation.Open(x);
        Tensor count = torch.zeros(1L, torch.int64, device);

        // Compared in the threshold's precision, not in the elements'.
        chunks.Run(x.Rows, x.Columns, (start, rows) =>
            count.add_(elements.narrow(0, start, rows).abs().@double().gt(Kept(threshold)).sum(), One));
        return transfer.Read<long>(count);
    }

    /// <inheritdoc/>
    public long CountDifferent(Matrix<float> x, Matrix<float> y)
    {
        using Operation operation = Begin();
        Tensor left = operation.Open(x);
        return transfer.Read<long>(left.ne(operation.Open(y, x.Rows, x.Columns)).sum());
    }

    private static (Tensor Scores, Tensor Mask) OpenSelection(
        Operation operation, Matrix<float> scores, long keep, long most, Matrix<float> mask)
    {
        Tensor source = operation.Open(scores);
        Tensor target = operation.Open(mask, scores.Rows, scores.Columns);
        Shapes.RequireCount(keep, most);
        Shapes.RequireApart(Overlap(scores, mask), nameof(mask));
        return (source, target);
    }
}
