using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tuning;

/// <summary>Backward through a layer norm or RMS norm, whose gain and bias are trained.</summary>
internal sealed class NormGradient(IBackend backend, Norm norm) : IDisposable
{
    private readonly Parameter? gain = norm.Gain is null ? null : new Parameter(backend, norm.Gain, keepsZeros: false);
    private readonly Parameter? bias = norm.Bias is null ? null : new Parameter(backend, norm.Bias, keepsZeros: false);

    /// <summary>What is trained of the norm.</summary>
    public IEnumerable<Parameter> Parameters => new[] { gain, bias }.OfType<Parameter>();

    /// <summary>Writes the gradients of gain and bias; returns that of the input, a new matrix.</summary>
    /// <param name="x">The input, [tokens x width].</param>
    /// <param name="dy">The output's gradient, [tokens x width].</param>
    public Matrix<float> Backward(Matrix<float> x, Matrix<float> dy)
    {
        Matrix<float> dx = backend.AllocateUninitialized<float>(x.Rows, x.Columns);
        using Matrix<double> sums = backend.Allocate<double>(1, x.Columns);
        if (norm.Definition.Kind == NormKind.LayerNorm)
        {
            backend.LayerNormGradient(x, norm.Gain, norm.Definition.Epsilon, dy, dx, sums);
        }
        else
        {
            backend.RmsNormGradient(x, norm.Gain!, norm.Definition.Epsilon, dy, dx, sums);
        }

        if (gain is not null)
        {
            backend.Convert(sums, gain.Gradient);
        }

        if (bias is not null)
        {
            using Matrix<double> biasSums = backend.Allocate<double>(1, x.Columns);
            backend.AccumulateColumnSums(dy, biasSums);
            backend.Convert(biasSums, bias.Gradient);
        }

        return dx;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        gain?.Dispose();
        bias?.Dispose();
    }
}
