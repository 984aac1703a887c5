using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded feed-forward block.</summary>
public sealed class FeedForward(
    IBackend backend, FeedForwardDefinition definition, Linear? gate, Linear up, Linear down) : IDisposable
{
    /// <summary>Names and shapes.</summary>
    public FeedForwardDefinition Definition { get; } = definition;

    /// <summary>The gate projection of a gated block, else null.</summary>
    public Linear? Gate { get; } = gate;

    /// <summary>The first projection (OPT: fc1).</summary>
    public Linear Up { get; } = up;

    /// <summary>The second projection (OPT: fc2).</summary>
    public Linear Down { get; } = down;

    /// <summary>The linear layers in the order in which data flows through them.</summary>
    public IEnumerable<Linear> Linears => Gate is null ? [Up, Down] : [Gate, Up, Down];

    /// <summary>Every parameter by its name in the checkpoint; a vector is a matrix of one row.</summary>
    public IEnumerable<(string Name, Matrix<float> Values)> Parameters => Linears.SelectMany(linear => linear.Parameters);

    /// <summary>The hidden activations, which are the input of <see cref="Down"/>: [tokens x feed-forward size], a new matrix.</summary>
    public Matrix<float> Hidden(Matrix<float> input)
    {
        Matrix<float> up = Up.Apply(input);
        using Matrix<float>? gate = Gate?.Apply(input);
        Activate(gate, up);
        return up;
    }

    /// <summary>Turns pre-activations into hidden activations, in place of <paramref name="up"/> [tokens x feed-forward size].</summary>
    public void Activate(Matrix<float>? gate, Matrix<float> up)
    {
        if (gate is null)
        {
            backend.Relu(up, up);
        }
        else
        {
            backend.SwiGlu(gate, up, up);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Gate?.Dispose();
        Up.Dispose();
        Down.Dispose();
    }
}
