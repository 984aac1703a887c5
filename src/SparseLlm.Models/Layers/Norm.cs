using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded layer norm or RMS norm.</summary>
public sealed class Norm(
    IBackend backend,
    NormDefinition definition,
    Matrix<float>? gain,
    Matrix<float>? bias) : IDisposable
{
    /// <summary>Names and shapes.</summary>
    public NormDefinition Definition { get; } = definition;

    /// <summary>As stored, [1 x width], or a row for each head; null for ones.</summary>
    public Matrix<float>? Gain { get; } = gain;

    /// <summary>[1 x width], or null.</summary>
    public Matrix<float>? Bias { get; } = bias;

    /// <summary>Gain and bias by where they are stored.</summary>
    public IEnumerable<(TensorSlice Slice, Matrix<float> Values)> Parameters
    {
        get
        {
            int row = 0;
            foreach (TensorSlice slice in Definition.Gain)
            {
                yield return (slice, Gain!.Slice(row, slice.Rows));
                row += slice.Rows;
            }

            if (Bias is not null)
            {
                yield return (Definition.Bias!, Bias);
            }
        }
    }

    /// <summary>The normalised x [tokens x channels], as a new matrix.</summary>
    public Matrix<float> Apply(Matrix<float> x)
    {
        Matrix<float> y = backend.AllocateUninitialized<float>(x.Rows, x.Columns);
        using Matrix<float> source = InGroups(x);
        using Matrix<float> destination = InGroups(y);
        using Matrix<float>? shifted = ShiftedGain();
        if (Definition.Kind == NormKind.LayerNorm)
        {
            backend.LayerNorm(source, shifted ?? Gain, Bias, Definition.Epsilon, destination);
        }
        else
        {
            backend.RmsNorm(source, shifted ?? Gain, Definition.Epsilon, destination);
        }

        return y;
    }

    /// <summary>The derivative through <see cref="Apply"/>, as a new matrix.</summary>
    /// <param name="x">The input, [tokens x channels].</param>
    /// <param name="dy">The output's gradient, [tokens x channels].</param>
    /// <param name="gainGradient">The gain's gradient is added to it; null where it is not wanted.</param>
    /// <param name="biasGradient">The bias's gradient is added to it; null where it is not wanted.</param>
    public Matrix<float> Backward(
        Matrix<float> x,
        Matrix<float> dy,
        Matrix<double>? gainGradient,
        Matrix<double>? biasGradient)
    {
        Matrix<float> dx = backend.AllocateUninitialized<float>(x.Rows, x.Columns);
        using Matrix<float> source = InGroups(x);
        using Matrix<float> outputGradient = InGroups(dy);
        using Matrix<float> inputGradient = InGroups(dx);
        using Matrix<float>? shifted = ShiftedGain();
        if (Definition.Kind == NormKind.LayerNorm)
        {
            backend.LayerNormGradient(
                source,
                shifted ?? Gain,
                Definition.Epsilon,
                outputGradient,
                inputGradient,
                gainGradient);
        }
        else
        {
            backend.RmsNormGradient(
                source,
                shifted ?? Gain,
                Definition.Epsilon,
                outputGradient,
                inputGradient,
                gainGradient);
        }

        if (biasGradient is not null)
        {
            backend.AccumulateColumnSums(outputGradient, biasGradient);
        }

        return dx;
    }

    /// <summary>The same memory with a row for each group of channels that is normalised together.</summary>
    private Matrix<float> InGroups(Matrix<float> x)
        => x.Reshape(x.Rows * (x.Columns / Definition.Width), Definition.Width);

    private Matrix<float>? ShiftedGain()
    {
        if (Gain is null || Definition.GainOffset == 0)
        {
            return null;
        }

        Matrix<float> shifted = backend.AllocateUninitialized<float>(Gain.Rows, Gain.Columns);
        var offsets = new float[Gain.Length];
        offsets.AsSpan().Fill(Definition.GainOffset);
        backend.Upload<float>(offsets, shifted);
        backend.Combine(1, shifted, 1, Gain, shifted);
        return shifted;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Gain?.Dispose();
        Bias?.Dispose();
    }
}
