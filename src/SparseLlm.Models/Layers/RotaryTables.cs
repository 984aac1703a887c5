using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>The cosines and sines of a rotary embedding, kept for the sequence length that was asked for last.</summary>
internal sealed class RotaryTables(IBackend backend, RotaryDefinition definition) : IDisposable
{
    private int length;
    private Matrix<float>? cosines;
    private Matrix<float>? sines;
    private Matrix<float>? negativeSines;

    /// <summary>Turns the pairs of every head of x [tokens x heads * width], in place.</summary>
    public void Turn(Matrix<float> x, int heads, int sequenceLength)
    {
        Prepare(sequenceLength);
        backend.ApplyRotary(x, heads, definition.Pairing, cosines!, sines!);
    }

    /// <summary>The derivative of <see cref="Turn"/>: the turn by the negative angles.</summary>
    public void TurnBack(Matrix<float> x, int heads, int sequenceLength)
    {
        Prepare(sequenceLength);
        backend.ApplyRotary(x, heads, definition.Pairing, cosines!, negativeSines!);
    }

    private void Prepare(int sequenceLength)
    {
        if (length == sequenceLength)
        {
            return;
        }

        Dispose();
        cosines = Table(sequenceLength, angle => definition.Factor * Math.Cos(angle));
        sines = Table(sequenceLength, angle => definition.Factor * Math.Sin(angle));
        negativeSines = Table(sequenceLength, angle => definition.Factor * Math.Sin(-angle));
        length = sequenceLength;
    }

    private Matrix<float> Table(int sequenceLength, Func<double, double> function)
    {
        IReadOnlyList<double> frequencies = definition.For(sequenceLength);
        var values = new float[sequenceLength * frequencies.Count];
        for (int position = 0; position < sequenceLength; position++)
        {
            for (int pair = 0; pair < frequencies.Count; pair++)
            {
                values[position * frequencies.Count + pair] = (float)function(position * frequencies[pair]);
            }
        }

        Matrix<float> table = backend.AllocateUninitialized<float>(sequenceLength, frequencies.Count);
        backend.Upload<float>(values, table);
        return table;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        cosines?.Dispose();
        sines?.Dispose();
        negativeSines?.Dispose();
        length = 0;
    }
}
