using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Fitting;

/// <summary>Sums over calibration tokens of the targets T of a linear layer with inputs X: X'T, and of T and T² per
/// column.</summary>
internal sealed class TargetSums : IDisposable
{
    private readonly IBackend backend;
    private readonly SectionedSum cross;
    private readonly SectionedSum sums;
    private readonly SectionedSum squares;

    /// <summary>Sums of no tokens yet.</summary>
    /// <param name="backend">Where they live.</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="outputs">Number of outputs.</param>
    public TargetSums(IBackend backend, int inputs, int outputs)
        : this(
            backend,
            new SectionedSum(backend, inputs, outputs),
            new SectionedSum(backend, 1, outputs),
            new SectionedSum(backend, 1, outputs))
    {
    }

    private TargetSums(IBackend backend, SectionedSum cross, SectionedSum sums, SectionedSum squares)
        => (this.backend, this.cross, this.sums, this.squares) = (backend, cross, sums, squares);

    /// <summary>X'T, [inputs x outputs].</summary>
    public Matrix<double> Cross => cross.Total;

    /// <summary>The sum of each target, [1 x outputs].</summary>
    public Matrix<double> Sums => sums.Total;

    /// <summary>The sum of squares of each target, [1 x outputs].</summary>
    public Matrix<double> Squares => squares.Total;

    /// <summary>All that is summed.</summary>
    public IEnumerable<SectionedSum> Parts => [cross, sums, squares];

    /// <summary>Adds tokens.</summary>
    /// <param name="x">[tokens x inputs].</param>
    /// <param name="targets">[tokens x outputs].</param>
    public void Add(Matrix<float> x, Matrix<float> targets)
    {
        backend.AccumulateCross(x, targets, cross.Section);
        backend.AccumulateColumnSums(targets, sums.Section);
        backend.AccumulateColumnSquares(targets, squares.Section);
    }

    /// <summary>The same sums in the memory of a backend.</summary>
    public TargetSums CopyTo(IBackend other)
        => new(other, cross.CopyTo(other), sums.CopyTo(other), squares.CopyTo(other));

    /// <inheritdoc/>
    public void Dispose()
    {
        cross.Dispose();
        sums.Dispose();
        squares.Dispose();
    }
}
