using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>A mixer, forward with what backward needs and back.</summary>
internal abstract class MixerGradient : IDisposable
{
    /// <summary>What is trained of the mixer.</summary>
    public abstract IEnumerable<Parameter> Parameters { get; }

    /// <summary>The mixer's output for its input [tokens x hidden], a new matrix.</summary>
    public abstract Matrix<float> Forward(Matrix<float> input);

    /// <summary>Writes all gradients; returns that of the input, a new matrix.</summary>
    /// <param name="input">The input of <see cref="Forward"/>.</param>
    /// <param name="dy">The output's gradient, [tokens x hidden].</param>
    public abstract Matrix<float> Backward(Matrix<float> input, Matrix<float> dy);

    /// <summary>Forgets what the last forward pass kept.</summary>
    public virtual void Forget()
    {
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The gradient of a mixer.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="mixer">The mixer.</param>
    /// <param name="sequenceLength">Tokens per sequence.</param>
    /// <param name="weightOf">Makes the parameter that trains a weight; null for linear layers that are passed through.</param>
    public static MixerGradient Of(
        IBackend backend,
        Mixer mixer,
        int sequenceLength,
        Func<Linear, Parameter?> weightOf) => mixer switch
        {
            Attention attention => new AttentionGradient(backend, attention, sequenceLength, weightOf),
            FeedForward feedForward => new FeedForwardGradient(backend, feedForward, weightOf),
            Experts experts => new ExpertsGradient(backend, experts),
            _ => throw new ArgumentException($"There is no gradient of {mixer.GetType()}.", nameof(mixer)),
        };
}
