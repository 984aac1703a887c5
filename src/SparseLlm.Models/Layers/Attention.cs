using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded attention block.</summary>
public class Attention : StagedMixer
{
    private readonly IBackend backend;
    private readonly RotaryTables? rotary;

    /// <summary>An attention block, which owns its parts from here on.</summary>
    public Attention(IBackend backend, AttentionParts parts)
    {
        this.backend = backend;
        Definition = parts.Definition;
        Projections = [parts.Query, parts.Key, parts.Value];
        Output = parts.Output;
        (QueryNorm, KeyNorm, Sinks) = (parts.QueryNorm, parts.KeyNorm, parts.Sinks);
        rotary = Definition.Rotary is null ? null : new RotaryTables(backend, Definition.Rotary);
    }

    /// <summary>Names and shapes.</summary>
    public AttentionDefinition Definition { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Linear> Projections { get; }

    /// <inheritdoc/>
    public override Linear Output { get; }

    /// <summary>The query projection.</summary>
    public Linear Query => Projections[0];

    /// <summary>The key projection.</summary>
    public Linear Key => Projections[1];

    /// <summary>The value projection.</summary>
    public Linear Value => Projections[2];

    /// <summary>The norm of the queries, if there is one.</summary>
    public Norm? QueryNorm { get; }

    /// <summary>The norm of the keys, if there is one.</summary>
    public Norm? KeyNorm { get; }

    /// <summary>A logit per head that takes part in the softmax alone, [1 x heads], or null.</summary>
    public Matrix<float>? Sinks { get; }

    /// <inheritdoc/>
    public override IEnumerable<Linear> Linears => [.. Projections, Output];

    /// <inheritdoc/>
    public override IEnumerable<Norm> Norms => new[] { QueryNorm, KeyNorm }.OfType<Norm>();

    /// <summary>What the attention kernels have to know.</summary>
    public AttentionShape Shape(int sequenceLength) => new(
        Definition.Heads, Definition.KeyValueHeads, sequenceLength, Definition.Window, Definition.Scale,
            Definition.Cap);

    /// <summary>The attention context, which is the input of the output projection.</summary>
    /// <inheritdoc/>
    public override Matrix<float> Hidden(IReadOnlyList<Matrix<float>> projected, int sequenceLength)
    {
        using Matrix<float> q = Normalized(QueryNorm, projected[0]);
        using Matrix<float> k = Normalized(KeyNorm, projected[1]);
        using Matrix<float> v = projected[2];
        return Attend(q, k, v, sequenceLength);
    }

    /// <summary>The context for queries and keys behind their norms, which are rotated in place where the model is
    /// rotary.</summary>
    public virtual Matrix<float> Attend(Matrix<float> q, Matrix<float> k, Matrix<float> v, int sequenceLength)
    {
        rotary?.Turn(q, Definition.Heads, sequenceLength);
        rotary?.Turn(k, Definition.KeyValueHeads, sequenceLength);
        Matrix<float> context = backend.AllocateUninitialized<float>(q.Rows, q.Columns);
        backend.CausalAttention(q, k, v, Shape(sequenceLength), Sinks, context);
        return context;
    }

    /// <summary>The derivative through the rotation of <see cref="Attend"/>, in place: what gradients of q and k
    /// need.</summary>
    public void TurnBack(Matrix<float> q, Matrix<float> k, int sequenceLength)
    {
        rotary?.TurnBack(q, Definition.Heads, sequenceLength);
        rotary?.TurnBack(k, Definition.KeyValueHeads, sequenceLength);
    }

    private static Matrix<float> Normalized(Norm? norm, Matrix<float> x)
    {
        if (norm is null)
        {
            return x;
        }

        using (x)
        {
            return norm.Apply(x);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (Linear linear in Linears)
        {
            linear.Dispose();
        }

        QueryNorm?.Dispose();
        KeyNorm?.Dispose();
        Sinks?.Dispose();
        rotary?.Dispose();
    }
}
