using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods;

/// <summary>Sums over calibration tokens of the inputs X of one or more linear layers: X'X, and the sum of each column.</summary>
internal sealed class TokenSums(IBackend backend, int width) : IDisposable
{
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

    /// <summary>X'X of the inputs as they are, or of their deviations from the mean, as a new matrix.</summary>
    public Matrix<double> CopyGram(bool centred)
    {
        Matrix<double> gram = backend.AllocateUninitialized<double>(Gram.Rows, Gram.Columns);
        backend.Copy(Gram, gram);
        if (centred)
        {
            backend.AddOuterProduct(-1.0 / Tokens, Sums, Sums, gram);
        }

        return gram;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Gram.Dispose();
        Sums.Dispose();
    }
}
