using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tuning;

/// <summary>
/// A decoder layer's forward pass that keeps what its backward pass needs. It knows no architecture, only what a
/// <see cref="DecoderLayer"/> is made of: two blocks, each with a residual connection and a norm before or behind it.
/// </summary>
internal sealed class LayerGradient(IBackend backend, DecoderLayer layer, int sequenceLength, Func<Linear, bool> isTrained) : IDisposable
{
    private readonly NormGradient attentionNorm = new(backend, layer.AttentionNorm);
    private readonly AttentionGradient attention = new(backend, layer.Attention, sequenceLength, isTrained);
    private readonly NormGradient feedForwardNorm = new(backend, layer.FeedForwardNorm);
    private readonly FeedForwardGradient feedForward = new(backend, layer.FeedForward, isTrained);

    // Kept from forward to backward: the input of each block and of each norm, some of them the same matrix.
    private readonly List<Matrix<float>> kept = [];
    private Matrix<float>? attentionInput;
    private Matrix<float>? attentionNormInput;
    private Matrix<float>? feedForwardInput;
    private Matrix<float>? feedForwardNormInput;
    private IReadOnlyList<Parameter>? parameters;

    /// <summary>What is trained of the layer.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters ??=
        [.. attentionNorm.Parameters, .. attention.Parameters, .. feedForwardNorm.Parameters, .. feedForward.Parameters];

    /// <summary>The layer's output for its input x [tokens x hidden], which must live until the backward pass.</summary>
    /// <returns>[tokens x hidden], a matrix that lives until the next call.</returns>
    public Matrix<float> Forward(Matrix<float> x)
    {
        Forget();
        if (layer.Definition.NormFirst)
        {
            attentionNormInput = x;
            attentionInput = Keep(layer.AttentionNorm.Apply(x));
            feedForwardNormInput = AddTo(attention.Forward(attentionInput), x);
            feedForwardInput = Keep(layer.FeedForwardNorm.Apply(feedForwardNormInput));
            return AddTo(feedForward.Forward(feedForwardInput), feedForwardNormInput);
        }

        attentionInput = x;
        attentionNormInput = AddTo(attention.Forward(x), x);
        feedForwardInput = Keep(layer.AttentionNorm.Apply(attentionNormInput));
        feedForwardNormInput = AddTo(feedForward.Forward(feedForwardInput), feedForwardInput);
        return Keep(layer.FeedForwardNorm.Apply(feedForwardNormInput));
    }

    /// <summary>Writes the gradients of all parameters, and returns that of the input, a new matrix.</summary>
    /// <param name="dy">The output's gradient, [tokens x hidden].</param>
    public Matrix<float> Backward(Matrix<float> dy)
    {
        if (layer.Definition.NormFirst)
        {
            using Matrix<float> between = Through(dy, feedForward.Backward(feedForwardInput!, dy), feedForwardNorm, feedForwardNormInput!);
            return Through(between, attention.Backward(attentionInput!, between), attentionNorm, attentionNormInput!);
        }

        using Matrix<float> afterNorm = feedForwardNorm.Backward(feedForwardNormInput!, dy);
        using Matrix<float> residual = Sum(feedForward.Backward(feedForwardInput!, afterNorm), afterNorm);
        using Matrix<float> afterAttention = attentionNorm.Backward(attentionNormInput!, residual);
        return Sum(attention.Backward(attentionInput!, afterAttention), afterAttention);
    }

    /// <summary>Back to the residual stream before a block, from the gradient behind it and that of the block's normalised input.</summary>
    private Matrix<float> Through(Matrix<float> dy, Matrix<float> inputGradient, NormGradient norm, Matrix<float> normInput)
    {
        using (inputGradient)
        {
            return Sum(norm.Backward(normInput, inputGradient), dy);
        }
    }

    private Matrix<float> Sum(Matrix<float> sum, Matrix<float> x)
    {
        backend.Combine(1, sum, 1, x, sum);
        return sum;
    }

    private Matrix<float> AddTo(Matrix<float> block, Matrix<float> residual) => Keep(Sum(block, residual));

    private Matrix<float> Keep(Matrix<float> matrix)
    {
        kept.Add(matrix);
        return matrix;
    }

    private void Forget()
    {
        kept.ForEach(matrix => matrix.Dispose());
        kept.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        attentionNorm.Dispose();
        attention.Dispose();
        feedForwardNorm.Dispose();
        feedForward.Dispose();
    }
}
