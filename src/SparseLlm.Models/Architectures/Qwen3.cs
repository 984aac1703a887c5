using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Qwen3 (Yang et al. 2025, arXiv 2505.09388): Qwen2 with norms of each head's queries and keys, and without
/// its biases.</summary>
internal class Qwen3 : Qwen2
{
    /// <inheritdoc/>
    public override string Name => "Qwen3ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "qwen3";

    /// <inheritdoc/>
    protected override int ReadHeadWidth(ModelConfig config) => config.Width("head_dim", defaultValue: 128);

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config)
        => config.Flag("attention_bias", defaultValue: false);

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => config.Flag("attention_bias", defaultValue: false);

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index) => base.Attention(shape, index) with
    {
        QueryNorm = Norm(shape, shape.Attention(index) + "q_norm", shape.HeadWidth),
        KeyNorm = Norm(shape, shape.Attention(index) + "k_norm", shape.HeadWidth),
    };
}
