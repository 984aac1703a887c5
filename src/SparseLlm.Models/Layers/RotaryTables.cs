using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>The cosines and sines of a rotary embedding, kept for the sequence length that was asked for
/// last.</summary>
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
        int[] positions = [.. Enumerable.Range(0, sequenceLength)];
        IReadOnlyList<double> frequencies = definition.For(sequenceLength);
        cosines = Table(positions, frequencies, angle => definition.Factor * Math.Cos(angle));
        sines = Table(positions, frequencies, angle => definition.Factor * Math.Sin(angle));
        negativeSines = Table(positions, frequencies, angle => definition.Factor * Math.Sin(-angle));
        length = sequenceLength;
    }

    private Matrix<float> Table(int[] positions, IReadOnlyList<double> frequencies, Func<double, double> function)
    {
        var values = new float[positions.Length * frequencies.Count];
        Fill(positions, frequencies, function, values);
        Matrix<float> table = backend.AllocateUninitialized<float>(positions.Length, frequencies.Count);
        backend.Upload<float>(values, table);
        return table;
    }

    /// <summary>A function of the angles position * frequency.</summary>
    /// <param name="positions">Places of tokens in their sequences.</param>
    /// <param name="frequencies">One per channel pair, in radians per token.</param>
    /// <param name="function">The function.</param>
    /// <param name="values">Receives [positions x frequencies].</param>
    internal static void Fill(
        ReadOnlySpan<int> positions,
        IReadOnlyList<double> frequencies,
        Func<double, double> function,
        Span<float> values)
    {
        for (int token = 0; token < positions.Length; token++)
        {
            for (int pair = 0; pair < frequencies.Count; pair++)
            {
                values[token * frequencies.Count + pair] = (float)function(positions[token] * frequencies[pair]);
            }
        }
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
