using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>What a loaded residual block computes between its norms.</summary>
public abstract class Mixer : IDisposable
{
    /// <summary>The linear layers that are in memory, in the order in which data flows through them.</summary>
    public abstract IEnumerable<Linear> Linears { get; }

    /// <summary>The norms inside.</summary>
    public virtual IEnumerable<Norm> Norms => [];

    /// <summary>Weights, biases and gains that are in memory, by where they are stored.</summary>
    public IEnumerable<(TensorSlice Slice, Matrix<float> Values)> Parameters =>
        Norms.SelectMany(norm => norm.Parameters).Concat(Linears.SelectMany(linear => linear.Parameters));

    /// <summary>The mixer's output for its input [tokens x hidden], tokens in sequences of
    /// <paramref name="sequenceLength"/>; a new matrix.</summary>
    public abstract Matrix<float> Forward(Matrix<float> input, int sequenceLength);

    /// <inheritdoc/>
    public abstract void Dispose();
}
