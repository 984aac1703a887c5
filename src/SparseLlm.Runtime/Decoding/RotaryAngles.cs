using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Runtime.Decoding;

/// <summary>The cosines and sines of one rotary embedding for the tokens of a step. All layers that turn in the same
/// way share them.</summary>
internal sealed class RotaryAngles(IBackend backend, RotaryDefinition definition, CurrentStep current) : IDisposable
{
    private Step? step;
    private Matrix<float>? cosines;
    private Matrix<float>? sines;

    /// <summary>What it turns by.</summary>
    public RotaryDefinition Definition { get; } = definition;

    /// <summary>Turns every head of x [tokens x heads * width], in place.</summary>
    public void Turn(Matrix<float> x, int heads)
    {
        if (step != current.Step)
        {
            Prepare(current.Step);
        }

        backend.ApplyRotary(x, heads, Definition.Pairing, cosines!, sines!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        cosines?.Dispose();
        sines?.Dispose();
    }

    private void Prepare(Step next)
    {
        Dispose();
        cosines = Table(next, angle => Definition.Factor * Math.Cos(angle));
        sines = Table(next, angle => Definition.Factor * Math.Sin(angle));
        step = next;
    }

    private Matrix<float> Table(Step next, Func<double, double> function)
    {
        int pairs = Definition.InverseFrequencies.Count;
        var values = new float[next.Tokens * pairs];
        foreach (TokenSpan span in next.Spans)
        {
            RotaryTables.Fill(
                next.Positions.AsSpan(span.FirstRow, span.Count), Definition.For(span.RotaryLength), function, values
                    .AsSpan(span.FirstRow * pairs, span.Count * pairs));
        }

        Matrix<float> table = backend.AllocateUninitialized<float>(next.Tokens, pairs);
        backend.Upload<float>(values, table);
        return table;
    }
}
