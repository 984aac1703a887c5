using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded linear layer. Pruning changes <see cref="Weight"/> and <see cref="Bias"/> in place.</summary>
public sealed class Linear(
    IBackend backend,
    LinearDefinition definition,
    Matrix<float> weight,
    Matrix<float>? bias) : IDisposable
{
    /// <summary>Names and shapes.</summary>
    public LinearDefinition Definition { get; } = definition;

    /// <summary>[outputs x inputs].</summary>
    public Matrix<float> Weight { get; } = weight;

    /// <summary>[1 x outputs], or null.</summary>
    public Matrix<float>? Bias { get; } = bias;

    /// <summary>Weight and bias by where they are stored; the bias is a matrix of one row.</summary>
    public IEnumerable<(TensorSlice Slice, Matrix<float> Values)> Parameters
    {
        get
        {
            yield return (Definition.Weight, Weight);
            if (Bias is not null)
            {
                yield return (Definition.Bias!, Bias);
            }
        }
    }

    /// <summary>x W' + b for x [tokens x inputs]. The caller disposes the result [tokens x outputs].</summary>
    public Matrix<float> Apply(Matrix<float> x)
    {
        Matrix<float> y = backend.AllocateUninitialized<float>(x.Rows, Definition.Outputs);
        backend.Multiply(x, false, Weight, true, y);
        if (Bias is not null)
        {
            backend.AddRow(y, Bias);
        }

        return y;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
