using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded residual block. Its steps return new matrices [tokens x hidden].</summary>
/// <param name="backend">Where it lives.</param>
/// <param name="definition">Names and shapes.</param>
/// <param name="inputNorm">The norm of what goes into the mixer, if there is one. Blocks may share it, so it is the
/// layer's to dispose.</param>
/// <param name="mixer">The mixer, which is the block's.</param>
/// <param name="outputNorm">The norm of what comes out of the mixer, if there is one; the layer's.</param>
/// <param name="sumNorm">The norm of the sum, if there is one; the layer's.</param>
/// <param name="residualMultiplier">The factor of what is added to the stream.</param>
public sealed class Block(
    IBackend backend, BlockDefinition definition, Norm? inputNorm, Mixer mixer, Norm? outputNorm, Norm? sumNorm,
    float residualMultiplier) : IDisposable
{
    /// <summary>Names and shapes.</summary>
    public BlockDefinition Definition { get; } = definition;

    /// <summary>What the block computes between its norms.</summary>
    public Mixer Mixer { get; } = mixer;

    /// <summary>The norm of what goes into the mixer, if there is one.</summary>
    public Norm? InputNorm { get; } = inputNorm;

    /// <summary>The norm of what comes out of the mixer, if there is one.</summary>
    public Norm? OutputNorm { get; } = outputNorm;

    /// <summary>The norm of the sum, if there is one.</summary>
    public Norm? SumNorm { get; } = sumNorm;

    /// <summary>The factor of what is added to the stream.</summary>
    public float ResidualMultiplier { get; } = residualMultiplier;

    /// <summary>The norms around the mixer.</summary>
    public IEnumerable<Norm> Norms => new[] { InputNorm, OutputNorm, SumNorm }.OfType<Norm>();

    /// <summary>What goes into the mixer.</summary>
    /// <param name="x">The residual stream before the block.</param>
    public Matrix<float> Input(Matrix<float> x) => InputNorm?.Apply(x) ?? backend.CopyOf(x);

    /// <summary>The residual stream with what the mixer gives, before any norm of the sum.</summary>
    /// <param name="x">The residual stream before the block.</param>
    /// <param name="output">What comes out of the mixer; taken over from the caller.</param>
    public Matrix<float> Add(Matrix<float> x, Matrix<float> output)
    {
        Matrix<float> added = output;
        if (OutputNorm is not null)
        {
            added = OutputNorm.Apply(output);
            output.Dispose();
        }

        backend.Combine(ResidualMultiplier, added, 1, x, added);
        return added;
    }

    /// <summary>The residual stream behind the block.</summary>
    /// <param name="sum">As <see cref="Add"/> gives it; taken over from the caller.</param>
    public Matrix<float> Complete(Matrix<float> sum)
    {
        if (SumNorm is null)
        {
            return sum;
        }

        using (sum)
        {
            return SumNorm.Apply(sum);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Mixer.Dispose();
}
