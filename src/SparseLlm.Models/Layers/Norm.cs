using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded layer norm or RMS norm.</summary>
public sealed class Norm(IBackend backend, NormDefinition definition, Matrix<float>? gain, Matrix<float>? bias) : IDisposable
{
    /// <summary>Names and shapes.</summary>
    public NormDefinition Definition { get; } = definition;

    /// <summary>[1 x width], or null.</summary>
    public Matrix<float>? Gain { get; } = gain;

    /// <summary>[1 x width], or null.</summary>
    public Matrix<float>? Bias { get; } = bias;

    /// <summary>The normalised rows of x [tokens x width], as a new matrix.</summary>
    public Matrix<float> Apply(Matrix<float> x)
    {
        Matrix<float> y = backend.AllocateUninitialized<float>(x.Rows, x.Columns);
        if (Definition.Kind == NormKind.LayerNorm)
        {
            backend.LayerNorm(x, Gain, Bias, Definition.Epsilon, y);
        }
        else
        {
            backend.RmsNorm(x, Gain!, Definition.Epsilon, y);
        }

        return y;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Gain?.Dispose();
        Bias?.Dispose();
    }
}
