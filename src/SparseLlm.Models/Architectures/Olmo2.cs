using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>OLMo 2 (OLMo Team 2024, arXiv 2501.00656): Llama with its norms behind the mixers, and norms of all queries
/// and of all keys.</summary>
internal sealed class Olmo2 : Llama
{
    /// <inheritdoc/>
    public override string Name => "Olmo2ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "olmo2";

    /// <inheritdoc/>
    protected override double ReadEpsilon(ModelConfig config) => config.Positive("rms_norm_eps", defaultValue: 1e-5);

    /// <inheritdoc/>
    protected override LayerDefinition Layer(DecoderShape shape, int index) => new(
        index,
        [
            new(Attention(shape, index))
            {
                OutputNorm = Norm(shape, shape.Layer(index) + "post_attention_layernorm", shape.Hidden)
            },
            new(FeedForward(shape, index))
            {
                OutputNorm = Norm(shape, shape.Layer(index) + "post_feedforward_layernorm", shape.Hidden)
            },
        ]);

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index) => base.Attention(shape, index) with
    {
        QueryNorm = Norm(shape, shape.Attention(index) + "q_norm", shape.QueryWidth),
        KeyNorm = Norm(shape, shape.Attention(index) + "k_norm", shape.KeyWidth),
    };
}
