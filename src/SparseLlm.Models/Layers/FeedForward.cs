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

    /// <summary>The hidden activations, which are the input of <see cref="Down"/>: [tokens x feed-forward size], a new matrix.</summary>
    public Matrix<float> Hidden(Matrix<float> input)
    {
        Matrix<float> up = Up.Apply(input);
        if (Gate is null)
        {
            backend.Relu(up, up);
        }
        else
        {
            using Matrix<float> gate = Gate.Apply(input);
            backend.SwiGlu(gate, up, up);
        }

        return up;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Gate?.Dispose();
        Up.Dispose();
        Down.Dispose();
    }
}
