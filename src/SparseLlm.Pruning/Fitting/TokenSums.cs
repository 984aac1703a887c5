using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Fitting;

/// <summary>Sums over calibration tokens of the inputs X of one or more linear layers: X'X, and the sum of each
/// column.</summary>
internal sealed class TokenSums : IDisposable
{
    private readonly IBackend backend;

    // The upper triangle of X'X, [d x d].
    private readonly SectionedSum gram;
    private readonly SectionedSum sums;

    /// <summary>Sums of no tokens yet.</summary>
    /// <param name="backend">Where they live.</param>
    /// <param name="width">Number of inputs d.</param>
    public TokenSums(IBackend backend, int width)
        : this(backend, new SectionedSum(backend, width, width, isUpper: true), new SectionedSum(backend, 1, width))
    {
    }

    private TokenSums(IBackend backend, SectionedSum gram, SectionedSum sums)
        => (this.backend, this.gram, this.sums) = (backend, gram, sums);

    /// <summary>The sum of each input, [1 x d].</summary>
    public Matrix<double> Sums => sums.Total;

    /// <summary>Number of tokens that are in the sums.</summary>
    public long Tokens { get; private set; }

    /// <summary>All that is summed.</summary>
    public IEnumerable<SectionedSum> Parts => [gram, sums];

    /// <summary>Adds tokens x [tokens x d].</summary>
    public void Add(Matrix<float> x)
    {
        backend.AccumulateGram(x, gram.Section);
        backend.AccumulateColumnSums(x, sums.Section);
        Tokens += x.Rows;
    }

    /// <summary>Says how many tokens are in the sums, with those that others have added.</summary>
    public void Complete(long tokens) => Tokens = tokens;

    /// <summary>As <see cref="CopyGram"/>, but gives the sum itself away, so that nothing can be added or copied any
    /// more.</summary>
    public Matrix<double> TakeGram(bool centred)
    {
        Matrix<double> taken = gram.Take();
        Finish(taken, centred);
        return taken;
    }

    /// <summary>X'X of the inputs as they are, or of their deviations from the mean, as a new matrix.</summary>
    public Matrix<double> CopyGram(bool centred)
    {
        Matrix<double> copy = backend.CopyOf(gram.Total);
        Finish(copy, centred);
        return copy;
    }

    /// <summary>The same sums in the memory of a backend.</summary>
    public TokenSums CopyTo(IBackend other)
        => new(other, gram.CopyTo(other), sums.CopyTo(other)) { Tokens = Tokens };

    private void Finish(Matrix<double> sum, bool centred)
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
        gram.Dispose();
        sums.Dispose();
    }
}
