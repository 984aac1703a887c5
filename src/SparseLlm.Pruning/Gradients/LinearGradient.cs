using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>Backward through y = x W' + b: dW = dy'x, db = Σ dy, dx = dy W.</summary>
internal sealed class LinearGradient : IDisposable
{
    private readonly IBackend backend;
    private readonly Linear linear;
    private readonly Parameter? weight;
    private readonly Parameter? bias;

    /// <summary>The gradient of a layer, which is trained or only passed through.</summary>
    public LinearGradient(IBackend backend, Linear linear, Parameter? weight)
    {
        this.backend = backend;
        this.linear = linear;
        this.weight = weight;
        bias = weight is null || linear.Bias is null ? null : new Parameter(backend, linear.Bias, keepsZeros: false);
    }

    /// <summary>What is trained of the layer.</summary>
    public IEnumerable<Parameter> Parameters => new[] { weight, bias }.OfType<Parameter>();

    /// <summary>Writes the gradients of weight and bias for inputs x [tokens x inputs] and outputs' gradient dy [tokens
    /// x outputs].</summary>
    public void Backward(Matrix<float> x, Matrix<float> dy)
    {
        if (weight is not null)
        {
            backend.Multiply(dy, true, x, false, weight.Gradient);
        }

        if (bias is not null)
        {
            using Matrix<double> sums = backend.Allocate<double>(1, dy.Columns);
            backend.AccumulateColumnSums(dy, sums);
            backend.Convert(sums, bias.Gradient);
        }
    }

    /// <summary>The gradient of the inputs, [tokens x inputs], a new matrix.</summary>
    public Matrix<float> InputGradient(Matrix<float> dy)
    {
        Matrix<float> dx = backend.AllocateUninitialized<float>(dy.Rows, linear.Definition.Inputs);
        backend.Multiply(dy, false, linear.Weight, false, dx);
        return dx;
    }

    /// <summary>Adds the gradient of the inputs to dx [tokens x inputs].</summary>
    public void AddInputGradient(Matrix<float> dy, Matrix<float> dx)
        => backend.Multiply(dy, false, linear.Weight, false, dx, beta: 1);

    /// <inheritdoc/>
    public void Dispose()
    {
        weight?.Dispose();
        bias?.Dispose();
    }
}
