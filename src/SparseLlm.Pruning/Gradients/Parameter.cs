using System.Runtime.InteropServices;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>A tensor under training: its values (in the layer, changed in place), their gradient, and Adam's
/// moments.</summary>
internal class Parameter : IDisposable
{
    private readonly IBackend backend;
    private readonly Matrix<float> mean;
    private readonly Matrix<float> square;

    /// <summary>A parameter.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="values">Its values, which stay the caller's.</param>
    /// <param name="keepsZeros">Whether values that are zero now stay zero: pruned weights.</param>
    public Parameter(IBackend backend, Matrix<float> values, bool keepsZeros)
    {
        this.backend = backend;
        Values = values;
        Gradient = backend.Allocate<float>(values.Rows, values.Columns);
        mean = backend.Allocate<float>(values.Rows, values.Columns);
        square = backend.Allocate<float>(values.Rows, values.Columns);
        if (keepsZeros)
        {
            Freeze();
        }
    }

    /// <summary>Its values, which stay the caller's.</summary>
    public Matrix<float> Values { get; }

    /// <summary>The derivative of the loss by the values; a backward pass writes it whole.</summary>
    public Matrix<float> Gradient { get; }

    /// <summary>Everything that the next step depends on beside the gradient: values and moments.</summary>
    public virtual IEnumerable<Matrix<float>> State => [Values, .. Moments];

    /// <summary>Adam's moments.</summary>
    protected IEnumerable<Matrix<float>> Moments => [mean, square];

    /// <summary>Goes on from another <see cref="State"/>, which has been put in the place of this one's.</summary>
    public virtual void Resume()
    {
    }

    /// <summary>Moves the values along the gradient.</summary>
    public virtual void Step(AdamStep step) => Move(Values, step);

    /// <summary>Moves something of the values' shape along the gradient.</summary>
    protected void Move(Matrix<float> moved, AdamStep step)
        => backend.Adam(moved, Gradient, mask: null, mean, square, step);

    /// <summary>
    /// Gives zeros an infinite second moment. It stays infinite, so that their steps, which are divided by its root,
    /// are zero: a mask of the tensor's size would say the same.
    /// </summary>
    private void Freeze() => Values.ForEachPiece(sizeof(float), (first, rows, bytes) =>
    {
        Span<float> host = MemoryMarshal.Cast<byte, float>(bytes);
        backend.Download(rows, host);
        foreach (ref float value in host)
        {
            value = value == 0 ? float.PositiveInfinity : 0;
        }

        using Matrix<float> squares = square.Slice(first, rows.Rows);
        backend.Upload<float>(host, squares);
    });

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Gradient.Dispose();
        mean.Dispose();
        square.Dispose();
    }
}
