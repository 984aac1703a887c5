using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods;

/// <summary>Sums over calibration tokens of the inputs X of one or more linear layers: X'X, and the sum of each column.</summary>
internal sealed class TokenSums(IBackend backend, int width) : IDisposable
{
    private bool isTaken;

    /// <summary>X'X, [d x d].</summary>
    public Matrix<double> Gram { get; } = backend.Allocate<double>(width, width);

    /// <summary>The sum of each input, [1 x d].</summary>
    public Matrix<double> Sums { get; } = backend.Allocate<double>(1, width);

    /// <summary>Number of tokens seen.</summary>
    public long Tokens { get; private set; }

    /// <summary>Adds tokens x [tokens x d].</summary>
    public void Add(Matrix<float> x)
    {
        backend.AccumulateGram(x, Gram);
        backend.AccumulateColumnSums(x, Sums);
        Tokens += x.Rows;
    }

    /// <summary>As <see cref="CopyGram"/>, but gives <see cref="Gram"/> itself away, so that nothing can be added or copied any more.</summary>
    public Matrix<double> TakeGram(bool centred)
    {
        Centre(Gram, centred);
        isTaken = true;
        return Gram;
    }

    /// <summary>X'X of the inputs as they are, or of their deviations from the mean, as a new matrix.</summary>
    public Matrix<double> CopyGram(bool centred)
    {
        Matrix<double> gram = backend.AllocateUninitialized<double>(Gram.Rows, Gram.Columns);
        backend.Copy(Gram, gram);
        Centre(gram, centred);
        return gram;
    }

    private void Centre(Matrix<double> gram, bool centred)
    {
        if (centred)
        {
            backend.AddOuterProduct(-1.0 / Tokens, Sums, Sums, gram);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!isTaken)
        {
            Gram.Dispose();
        }

        Sums.Dispose();
    }
}
