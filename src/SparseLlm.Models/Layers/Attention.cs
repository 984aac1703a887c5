using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded attention block.</summary>
public sealed class Attention(
    IBackend backend, AttentionDefinition definition, Linear query, Linear key, Linear value, Linear output) : IDisposable
{
    /// <summary>Names and shapes.</summary>
    public AttentionDefinition Definition { get; } = definition;

    /// <summary>The query projection.</summary>
    public Linear Query { get; } = query;

    /// <summary>The key projection.</summary>
    public Linear Key { get; } = key;

    /// <summary>The value projection.</summary>
    public Linear Value { get; } = value;

    /// <summary>The output projection.</summary>
    public Linear Output { get; } = output;

    /// <summary>
    /// The attention context, which is the input of the output projection: heads attending over
    /// <paramref name="input"/> [tokens x hidden], tokens in sequences of <paramref name="sequenceLength"/>.
    /// </summary>
    /// <returns>[tokens x heads * width], a new matrix.</returns>
    public Matrix<float> Context(Matrix<float> input, int sequenceLength)
    {
        using Matrix<float> q = Query.Apply(input);
        using Matrix<float> k = Key.Apply(input);
        using Matrix<float> v = Value.Apply(input);
        return Attend(q, k, v, sequenceLength);
    }

    /// <summary>The context for given projections; q and k are rotated in place where the model is rotary.</summary>
    public Matrix<float> Attend(Matrix<float> q, Matrix<float> k, Matrix<float> v, int sequenceLength)
    {
        Rotate(q, k, sequenceLength, direction: 1);
        Matrix<float> context = backend.AllocateUninitialized<float>(q.Rows, q.Columns);
        backend.CausalAttention(
            q, k, v, Definition.Heads, Definition.KeyValueHeads, sequenceLength, Definition.Window, context);
        return context;
    }

    /// <summary>Undoes in place the rotation of <see cref="Attend"/>, where the model is rotary: what gradients of q and k need.</summary>
    public void RotateBack(Matrix<float> q, Matrix<float> k, int sequenceLength) => Rotate(q, k, sequenceLength, direction: -1);

    private void Rotate(Matrix<float> q, Matrix<float> k, int sequenceLength, int direction)
    {
        if (Definition.Rotary is not { } rotary)
        {
            return;
        }

        int pairs = rotary.InverseFrequencies.Count;
        var cosines = new float[sequenceLength * pairs];
        var sines = new float[sequenceLength * pairs];
        for (int position = 0; position < sequenceLength; position++)
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                double angle = direction * position * rotary.InverseFrequencies[pair];
                cosines[position * pairs + pair] = (float)Math.Cos(angle);
                sines[position * pairs + pair] = (float)Math.Sin(angle);
            }
        }

        using Matrix<float> cosineTable = backend.AllocateUninitialized<float>(sequenceLength, pairs);
        using Matrix<float> sineTable = backend.AllocateUninitialized<float>(sequenceLength, pairs);
        backend.Upload<float>(cosines, cosineTable);
        backend.Upload<float>(sines, sineTable);
        backend.ApplyRotary(q, Definition.Heads, cosineTable, sineTable);
        backend.ApplyRotary(k, Definition.KeyValueHeads, cosineTable, sineTable);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
        Value.Dispose();
        Output.Dispose();
    }
}
