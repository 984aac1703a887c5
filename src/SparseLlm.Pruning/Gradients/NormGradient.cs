using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>Backward through a layer norm or RMS norm, whose gain and bias are trained. Blocks may share a norm, so
/// that its gradients add up.</summary>
internal sealed class NormGradient(IBackend backend, Norm norm) : IDisposable
{
    private readonly Parameter? gain = norm.Gain is null ? null : new Parameter(backend, norm.Gain, keepsZeros: false);
    private readonly Parameter? bias = norm.Bias is null ? null : new Parameter(backend, norm.Bias, keepsZeros: false);
    private Matrix<double>? gainSums;
    private Matrix<double>? biasSums;

    /// <summary>What is trained of the norm.</summary>
    public IEnumerable<Parameter> Parameters => new[] { gain, bias }.OfType<Parameter>();

    /// <summary>Forgets the gradients of the last backward pass.</summary>
    public void Begin()
    {
        Forget();
        gainSums = norm.Gain is null ? null : backend.Allocate<double>(norm.Gain.Rows, norm.Gain.Columns);
        biasSums = norm.Bias is null ? null : backend.Allocate<double>(1, norm.Bias.Columns);
    }

    /// <summary>Adds to the gradients of gain and bias; returns that of the input, a new matrix.</summary>
    /// <param name="x">The input, [tokens x channels].</param>
    /// <param name="dy">The output's gradient, [tokens x channels].</param>
    public Matrix<float> Backward(Matrix<float> x, Matrix<float> dy)
    {
        Matrix<float> dx = norm.Backward(x, dy, gainSums, biasSums);
        if (gain is not null)
        {
            backend.Convert(gainSums!, gain.Gradient);
        }

        if (bias is not null)
        {
            backend.Convert(biasSums!, bias.Gradient);
        }

        return dx;
    }

    private void Forget()
    {
        gainSums?.Dispose();
        biasSums?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        gain?.Dispose();
        bias?.Dispose();
    }
}
