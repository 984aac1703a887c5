using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded feed-forward block.</summary>
public sealed class FeedForward(
    IBackend backend, FeedForwardDefinition definition, Linear? gate, Linear up, Linear down) : StagedMixer
{
    /// <summary>Names and shapes.</summary>
    public FeedForwardDefinition Definition { get; } = definition;

    /// <summary>The gate projection of a gated block, else null.</summary>
    public Linear? Gate { get; } = gate;

    /// <summary>The first projection (OPT: fc1).</summary>
    public Linear Up { get; } = up;

    /// <summary>The second projection (OPT: fc2).</summary>
    public override Linear Output { get; } = down;

    /// <summary>Up, then the gate where there is one.</summary>
    public override IReadOnlyList<Linear> Projections { get; } = gate is null ? [up] : [up, gate];

    /// <inheritdoc/>
    public override IEnumerable<Linear> Linears => Gate is null ? [Up, Output] : [Gate, Up, Output];

    /// <summary>The hidden activations, which are the input of the output projection.</summary>
    /// <inheritdoc/>
    public override Matrix<float> Hidden(IReadOnlyList<Matrix<float>> projected, int sequenceLength)
    {
        Matrix<float> up = projected[0];
        using Matrix<float>? gate = projected.Count > 1 ? projected[1] : null;
        Definition.Activation.Apply(backend, gate, up);
        return up;
    }

    /// <inheritdoc cref="StagedMixer.Hidden(Matrix{float}, int)"/>
    public Matrix<float> Hidden(Matrix<float> input) => Hidden(input, sequenceLength: 1);

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (Linear linear in Linears)
        {
            linear.Dispose();
        }
    }
}
