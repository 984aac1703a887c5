using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Fitting;

/// <summary>Sums over calibration tokens of the inputs X of one or more linear layers: X'X, and the sum of each
/// column.</summary>
internal sealed class TokenSums(IBackend backend, int width) : IDisposable
{
    /// <summary>The upper triangle of X'X, [d x d].</summary>
    private readonly Matrix<double> gram = backend.Allocate<double>(width, width);
    private bool isTaken;

    /// <summary>The sum of each input, [1 x d].</summary>
    public Matrix<double> Sums { get; } = backend.Allocate<double>(1, width);

    /// <summary>Number of tokens seen.</summary>
    public long Tokens { get; private set; }

    /// <summary>Adds tokens x [tokens x d].</summary>
    public void Add(Matrix<float> x)
    {
        backend.AccumulateGram(x, gram);
        backend.AccumulateColumnSums(x, Sums);
        Tokens += x.Rows;
    }

    /// <summary>As <see cref="CopyGram"/>, but gives the sum itself away, so that nothing can be added or copied any
    /// more.</summary>
    public Matrix<double> TakeGram(bool centred)
    {
        Complete(gram, centred);
        isTaken = true;
        return gram;
    }

    /// <summary>X'X of the inputs as they are, or of their deviations from the mean, as a new matrix.</summary>
    public Matrix<double> CopyGram(bool centred)
    {
        Matrix<double> copy = backend.CopyOf(gram);
        Complete(copy, centred);
        return copy;
    }

    /// <summary>The same sums in the memory of a backend.</summary>
    public TokenSums CopyTo(IBackend other)
    {
        var copy = new TokenSums(other, gram.Columns) { Tokens = Tokens };
        other.Copy(gram, backend, copy.gram);
        other.Copy(Sums, backend, copy.Sums);
        return copy;
    }

    private void Complete(Matrix<double> sum, bool centred)
    {
        backend.MirrorUpper(sum);
        if (centred)
        {
            backend.AddOuterProduct(-1.0 / Tokens, Sums, Sums, sum);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!isTaken)
        {
            gram.Dispose();
        }

        Sums.Dispose();
    }
}
