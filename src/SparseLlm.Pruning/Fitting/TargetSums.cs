using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Fitting;

/// <summary>Sums over calibration tokens of the targets T of a linear layer with inputs X: X'T, and of T and T² per
/// column.</summary>
internal sealed class TargetSums(IBackend backend, int inputs, int outputs) : IDisposable
{
    /// <summary>X'T, [inputs x outputs].</summary>
    public Matrix<double> Cross { get; } = backend.Allocate<double>(inputs, outputs);

    /// <summary>The sum of each target, [1 x outputs].</summary>
    public Matrix<double> Sums { get; } = backend.Allocate<double>(1, outputs);

    /// <summary>The sum of squares of each target, [1 x outputs].</summary>
    public Matrix<double> Squares { get; } = backend.Allocate<double>(1, outputs);

    /// <summary>Adds tokens.</summary>
    /// <param name="x">[tokens x inputs].</param>
    /// <param name="targets">[tokens x outputs].</param>
    public void Add(Matrix<float> x, Matrix<float> targets)
    {
        backend.AccumulateCross(x, targets, Cross);
        backend.AccumulateColumnSums(targets, Sums);
        backend.AccumulateColumnSquares(targets, Squares);
    }

    /// <summary>The same sums in the memory of a backend.</summary>
    public TargetSums CopyTo(IBackend other)
    {
        var copy = new TargetSums(other, Cross.Rows, Cross.Columns);
        other.Copy(Cross, backend, copy.Cross);
        other.Copy(Sums, backend, copy.Sums);
        other.Copy(Squares, backend, copy.Squares);
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cross.Dispose();
        Sums.Dispose();
        Squares.Dispose();
    }
}
