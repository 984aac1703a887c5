using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>
/// A mixer of two stages, which is what attention and feed-forward blocks are: projections that all take in the mixer's
/// input, something without weights, and an output projection. Pruning goes stage by stage, each from the inputs that
/// the stages before it leave.
/// </summary>
public abstract class StagedMixer : Mixer
{
    /// <summary>The linear layers of the first stage: q, k and v; up and gate.</summary>
    public abstract IReadOnlyList<Linear> Projections { get; }

    /// <summary>The linear layer of the second stage: o; down.</summary>
    public abstract Linear Output { get; }

    /// <summary>The input of <see cref="Output"/>, from what <see cref="Projections"/> gave.</summary>
    /// <param name="projected">In their order; taken over from the caller.</param>
    /// <param name="sequenceLength">Tokens per sequence.</param>
    /// <returns>[tokens x inputs of the output projection], a new matrix.</returns>
    public abstract Matrix<float> Hidden(IReadOnlyList<Matrix<float>> projected, int sequenceLength);

    /// <summary>The input of <see cref="Output"/>, from the mixer's own; a new matrix.</summary>
    public Matrix<float> Hidden(Matrix<float> input, int sequenceLength) => Hidden(Project(input), sequenceLength);

    /// <summary>What <see cref="Projections"/> give for an input, in their order; new matrices.</summary>
    public IReadOnlyList<Matrix<float>> Project(Matrix<float> input)
        => [.. Projections.Select(projection => projection.Apply(input))];

    /// <inheritdoc/>
    public override Matrix<float> Forward(Matrix<float> input, int sequenceLength)
    {
        using Matrix<float> hidden = Hidden(input, sequenceLength);
        return Output.Apply(hidden);
    }
}
