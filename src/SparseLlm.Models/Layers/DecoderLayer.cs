using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>
/// A loaded decoder layer. Its forward pass can be walked in stages, because pruning looks at the inputs of each linear
/// layer after the ones before it have been pruned. Every stage returns a new matrix [tokens x channels].
/// </summary>
public sealed class DecoderLayer(
    IBackend backend, LayerDefinition definition, Norm attentionNorm, Attention attention, Norm feedForwardNorm, FeedForward feedForward)
    : IDisposable
{
    /// <summary>Names and shapes.</summary>
    public LayerDefinition Definition { get; } = definition;

    /// <summary>The norm of the attention block.</summary>
    public Norm AttentionNorm { get; } = attentionNorm;

    /// <summary>The attention block.</summary>
    public Attention Attention { get; } = attention;

    /// <summary>The norm of the feed-forward block.</summary>
    public Norm FeedForwardNorm { get; } = feedForwardNorm;

    /// <summary>The feed-forward block.</summary>
    public FeedForward FeedForward { get; } = feedForward;

    /// <summary>The linear layers in the order in which data flows through them.</summary>
    public IEnumerable<Linear> Linears => [Attention.Query, Attention.Key, Attention.Value, Attention.Output, .. FeedForward.Linears];

    /// <summary>Every parameter by its name in the checkpoint; a vector is a matrix of one row.</summary>
    public IEnumerable<(string Name, Matrix<float> Values)> Parameters
    {
        get
        {
            foreach (Norm norm in (Norm[])[AttentionNorm, FeedForwardNorm])
            {
                if (norm.Gain is { } gain)
                {
                    yield return (norm.Definition.GainName, gain);
                }

                if (norm.Bias is { } bias)
                {
                    yield return (norm.Definition.BiasName, bias);
                }
            }

            foreach ((string, Matrix<float>) parameter in Linears.SelectMany(linear => linear.Parameters))
            {
                yield return parameter;
            }
        }
    }

    /// <summary>The layer's output for its input x, tokens in sequences of <paramref name="sequenceLength"/>.</summary>
    public Matrix<float> Forward(Matrix<float> x, int sequenceLength)
    {
        using Matrix<float> residual = AttentionBlock(x, sequenceLength);
        return FeedForwardBlock(residual);
    }

    /// <summary>The residual stream after attention.</summary>
    public Matrix<float> AttentionBlock(Matrix<float> x, int sequenceLength)
    {
        using Matrix<float> input = AttentionInput(x);
        using Matrix<float> context = Attention.Context(input, sequenceLength);
        return AfterAttention(x, context);
    }

    /// <summary>The residual stream after the feed-forward block, from the one after attention.</summary>
    public Matrix<float> FeedForwardBlock(Matrix<float> residual)
    {
        using Matrix<float> input = FeedForwardInput(residual);
        using Matrix<float> hidden = FeedForward.Hidden(input);
        return AfterFeedForward(residual, hidden);
    }

    /// <summary>The input of q, k and v.</summary>
    public Matrix<float> AttentionInput(Matrix<float> x) => Before(AttentionNorm, x);

    /// <summary>The residual stream after attention, from the layer's input and the attention context.</summary>
    public Matrix<float> AfterAttention(Matrix<float> x, Matrix<float> context) =>
        After(AttentionNorm, AddProjected(x, Attention.Output, context));

    /// <summary>The input of up (and gate).</summary>
    public Matrix<float> FeedForwardInput(Matrix<float> residual) => Before(FeedForwardNorm, residual);

    /// <summary>The layer's output, from the residual stream after attention and the hidden activations.</summary>
    public Matrix<float> AfterFeedForward(Matrix<float> residual, Matrix<float> hidden) =>
        After(FeedForwardNorm, AddProjected(residual, FeedForward.Down, hidden));

    /// <summary>x + linear(input): what a block adds to the residual stream, before any norm behind it.</summary>
    public Matrix<float> AddProjected(Matrix<float> x, Linear linear, Matrix<float> input)
    {
        Matrix<float> sum = linear.Apply(input);
        backend.Combine(1, sum, 1, x, sum);
        return sum;
    }

    private Matrix<float> Before(Norm norm, Matrix<float> x)
    {
        if (Definition.NormFirst)
        {
            return norm.Apply(x);
        }

        Matrix<float> copy = backend.AllocateUninitialized<float>(x.Rows, x.Columns);
        backend.Copy(x, copy);
        return copy;
    }

    private Matrix<float> After(Norm norm, Matrix<float> sum)
    {
        if (Definition.NormFirst)
        {
            return sum;
        }

        Matrix<float> normalized = norm.Apply(sum);
        sum.Dispose();
        return normalized;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AttentionNorm.Dispose();
        Attention.Dispose();
        FeedForwardNorm.Dispose();
        FeedForward.Dispose();
    }
}
