using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tuning;

/// <summary>A tensor under training: its values (in the layer, changed in place), their gradient, and Adam's moments.</summary>
internal sealed class Parameter : IDisposable
{
    private readonly IBackend backend;
    private readonly Matrix<float> values;
    private readonly Matrix<float>? mask;
    private readonly Matrix<float> mean;
    private readonly Matrix<float> square;

    /// <summary>A parameter.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="values">Its values, which stay the caller's.</param>
    /// <param name="keepsZeros">Whether values that are zero now stay zero: pruned weights.</param>
    public Parameter(IBackend backend, Matrix<float> values, bool keepsZeros)
    {
        this.backend = backend;
        this.values = values;
        Gradient = backend.Allocate<float>(values.Rows, values.Columns);
        mean = backend.Allocate<float>(values.Rows, values.Columns);
        square = backend.Allocate<float>(values.Rows, values.Columns);
        if (keepsZeros)
        {
            mask = backend.AllocateUninitialized<float>(values.Rows, values.Columns);
            backend.KeepLargest(values, backend.CountNonZero(values), mask);
        }
    }

    /// <summary>The derivative of the loss by the values; a backward pass writes it whole.</summary>
    public Matrix<float> Gradient { get; }

    /// <summary>Moves the values along the gradient.</summary>
    public void Step(AdamStep step) => backend.Adam(values, Gradient, mask, mean, square, step);

    /// <inheritdoc/>
    public void Dispose()
    {
        Gradient.Dispose();
        mask?.Dispose();
        mean.Dispose();
        square.Dispose();
    }
}
