using System.Globalization;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// The Gram matrix H of the inputs of one or more linear layers, damped, with everything that depends on it alone: each
/// factorisation is computed when first asked for and shared by all matrices with these inputs.
/// </summary>
public sealed class InputGram : IDisposable
{
    private const double DampingGrowth = 10;
    private const int DampingAttempts = 8;
    private const double LeastDamping = 1e-8;
    private const int InversesKept = 16;

    private readonly IBackend backend;
    private readonly string name;
    private readonly Action<string> report;
    private readonly Matrix<double> damped;
    private readonly List<(double Penalty, Matrix<float> Inverse)> normalizedInverses = [];
    private readonly double meanDiagonal;
    private Matrix<double>? inverseFactor;
    private Matrix<double>? inverse;
    private Matrix<float>? normalized;

    /// <summary>Takes over a Gram matrix and damps it.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="name">Whose inputs these are, for messages.</param>
    /// <param name="gram">H = X'X [d x d]; owned and changed from here on.</param>
    /// <param name="damping">Added to the diagonal, as a share of its mean.</param>
    /// <param name="reportFallback">Told of every numerical fallback.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The matrix holds a value that is NaN or infinite.</exception>
    public InputGram(IBackend backend, string name, Matrix<double> gram, double damping, Action<string> reportFallback)
    {
        this.backend = backend;
        this.name = name;
        report = reportFallback;
        damped = gram;
        Diagonal = new double[gram.Rows];
        backend.Diagonal(gram, Diagonal);
        meanDiagonal = Diagonal.Average();
        Damping = meanDiagonal > 0 ? damping * meanDiagonal : 1;
        backend.AddDiagonal(damped, Damping);
        CheckFinite();
    }

    /// <summary>Whether a numerical fallback was taken.</summary>
    public bool HasFallenBack { get; private set; }

    /// <summary>
    /// Whether it is there for one matrix alone. Then no factor is kept longer than it is of use: a few of the
    /// feed-forward block's size would take more memory than everything else.
    /// </summary>
    public bool HasOneUser { get; init; }

    /// <summary>Number of inputs d.</summary>
    public int Width => damped.Rows;

    /// <summary>What was added to the diagonal.</summary>
    public double Damping { get; private set; }

    /// <summary>The diagonal of H before damping: the squared norm of each input over all tokens.</summary>
    public double[] Diagonal { get; }

    /// <summary>H with damping, [d x d].</summary>
    public Matrix<double> Damped => damped;

    /// <summary>Upper triangular U with (H + damping)^-1 = U'U. Raises the damping where H is not positive
    /// definite.</summary>
    public Matrix<double> InverseFactor => inverseFactor ??= Factorize();

    /// <summary>(H + damping)^-1, [d x d].</summary>
    public Matrix<double> Inverse
    {
        get
        {
            if (inverse is null)
            {
                Matrix<double> factor = InverseFactor;
                inverse = backend.AllocateUninitialized<double>(Width, Width);
                backend.InverseFromFactor(factor, inverse);
            }

            return inverse;
        }
    }

    /// <summary>The square roots of the damped diagonal: scaling inputs by these gives H a unit diagonal.</summary>
    public float[] Scales => [.. Diagonal.Select(value => (float)Scale(value))];

    /// <summary>The damped H scaled to a unit diagonal, in single precision, [d x d].</summary>
    public Matrix<float> Normalized
    {
        get
        {
            if (normalized is null)
            {
                using Matrix<double> scaled = ScaledToUnitDiagonal();
                normalized = backend.AllocateUninitialized<float>(Width, Width);
                backend.Convert(scaled, normalized);
            }

            return normalized;
        }
    }

    /// <summary>
    /// (N + penalty I)^-1 for the normalised N, [d x d], in single precision from a double-precision factor. The last
    /// few are kept, since matrices with the same inputs tend to ask for the same penalties.
    /// </summary>
    public Matrix<float> NormalizedInverse(double penalty)
    {
        int known = normalizedInverses.FindIndex(entry => entry.Penalty == penalty);
        if (known >= 0)
        {
            return normalizedInverses[known].Inverse;
        }

        if (HasOneUser)
        {
            Forget(ref inverse);
            Forget(ref inverseFactor);
        }

        if (normalizedInverses.Count == (HasOneUser ? 1 : InversesKept))
        {
            normalizedInverses[0].Inverse.Dispose();
            normalizedInverses.RemoveAt(0);
        }

        Matrix<float> result = InvertNormalized(penalty);
        normalizedInverses.Add((penalty, result));
        return result;
    }

    /// <summary>
    /// Sets the columns of dead inputs (zero on every token) to zero: no value of theirs changes an output on these
    /// tokens, so they should not take part of the weight budget from others.
    /// </summary>
    public void ZeroDeadInputs(Matrix<float> weights)
    {
        if (HasDeadInputs)
        {
            backend.ScaleColumns(weights, Indicator(dead: false));
        }
    }

    /// <summary>
    /// Gives the weights of dead inputs that were kept all the same (there was budget left, or an N:M group had no
    /// others) their dense values: they may matter on other tokens, and zeros would make the matrix sparser than asked
    /// for.
    /// </summary>
    public void RestoreDeadInputs(Matrix<float> dense, Matrix<float> mask, Matrix<float> weights)
    {
        if (!HasDeadInputs)
        {
            return;
        }

        using Matrix<float> kept = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.Hadamard(dense, mask, kept);
        backend.ScaleColumns(kept, Indicator(dead: true));
        backend.ScaleColumns(weights, Indicator(dead: false));
        backend.Combine(1, weights, 1, kept, weights);
    }

    // A dead input without damping has no norm to scale by, and nothing to scale.
    private double Scale(double squaredNorm) => squaredNorm + Damping > 0 ? Math.Sqrt(squaredNorm + Damping) : 1;

    private bool HasDeadInputs => Diagonal.Contains(0);

    private float[] Indicator(bool dead) => [.. Diagonal.Select(value => (value == 0) == dead ? 1f : 0f)];

    /// <summary>Frees a factor, which is computed again should it be asked for.</summary>
    private static void Forget(ref Matrix<double>? factor)
    {
        factor?.Dispose();
        factor = null;
    }

    private Matrix<float> InvertNormalized(double penalty)
    {
        using Matrix<double> shifted = ScaledToUnitDiagonal();
        backend.AddDiagonal(shifted, penalty);
        using Matrix<double> factor = backend.AllocateUninitialized<double>(Width, Width);
        Factorize(shifted, penalty, 1, factor);
        backend.InverseFromFactor(factor, shifted);
        Matrix<float> result = backend.AllocateUninitialized<float>(Width, Width);
        backend.Convert(shifted, result);
        return result;
    }

    private Matrix<double> ScaledToUnitDiagonal()
    {
        Matrix<double> scaled = backend.AllocateUninitialized<double>(Width, Width);
        backend.Copy(damped, scaled);
        backend.ScaleSymmetric(scaled, [.. Diagonal.Select(value => 1 / Scale(value))]);
        return scaled;
    }

    private Matrix<double> Factorize()
    {
        Matrix<double> factor = backend.AllocateUninitialized<double>(Width, Width);
        try
        {
            Damping = Factorize(damped, Damping, meanDiagonal, factor);
            return factor;
        }
        catch
        {
            factor.Dispose();
            throw;
        }
    }

    /// <summary>Factorises a matrix, adding more to its diagonal step by step where it is not positive
    /// definite.</summary>
    /// <param name="matrix">The matrix; what is added stays in it.</param>
    /// <param name="added">What has been added to the diagonal already.</param>
    /// <param name="mean">The mean diagonal before that.</param>
    /// <param name="factor">Receives the factor.</param>
    /// <returns>What has been added in the end.</returns>
    private double Factorize(Matrix<double> matrix, double added, double mean, Matrix<double> factor)
    {
        for (int attempt = 0; attempt < DampingAttempts; attempt++)
        {
            if (backend.TryInverseFactor(matrix, factor))
            {
                return added;
            }

            double raised = Math.Max(added, LeastDamping * mean) * DampingGrowth;
            backend.AddDiagonal(matrix, raised - added);
            added = raised;
            ReportFallback(string.Create(CultureInfo.InvariantCulture,
                $"the Gram matrix is not positive definite; damping raised to {added / mean:0.###e+0} of the "
                + $"mean diagonal"));
        }

        throw CannotFactorize();
    }

    private void CheckFinite()
    {
        long position = backend.FirstNonFinite(damped);
        if (position >= 0)
        {
            throw PruningDiagnostics.NonFinite.Error(
                null,
                $"the inputs of '{name}' are not finite (input {position % Width}) on the calibration tokens; "
                + "the model overflows or its weights are damaged");
        }
    }

    private Diagnostics.DiagnosticException CannotFactorize() =>
        PruningDiagnostics.NotFactorizable.Error(
            null, $"the Gram matrix of the inputs of '{name}' cannot be factorised, even with more damping; use more "
                + $"calibration data or a larger damping");

    /// <inheritdoc/>
    public void Dispose()
    {
        damped.Dispose();
        inverseFactor?.Dispose();
        inverse?.Dispose();
        normalized?.Dispose();
        foreach ((_, Matrix<float> known) in normalizedInverses)
        {
            known.Dispose();
        }
    }

    /// <summary>Tells of a numerical fallback of what is solved with these inputs.</summary>
    /// <param name="sentence">What was done instead.</param>
    internal void ReportFallback(string sentence)
    {
        HasFallenBack = true;
        report($"{name}: {sentence}");
    }
}
