using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Phi-3 and 4 (Abdin et al. 2024, arXiv 2404.14219): Llama with q, k and v in one tensor, and gate and up in
/// another.</summary>
internal sealed class Phi3 : Llama
{
    /// <inheritdoc/>
    public override string Name => "Phi3ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "phi3";

    /// <inheritdoc/>
    protected override RotaryStyle RotaryStyle { get; } = new() { DefaultShare = 1 };

    /// <inheritdoc/>
    protected override double ReadEpsilon(ModelConfig config) => config.Positive("rms_norm_eps", defaultValue: 1e-5);

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers) =>
        AttentionWindows.Everywhere(config, layers, Name, AttentionWindows.Unlimited);

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => false;

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index)
    {
        FusedLinear fused = new(
            shape.Attention(index) + "qkv_proj",
            shape.Hidden,
            shape.QueryWidth + 2 * shape.KeyWidth,
            hasBias: false);
        LinearDefinition[] parts = fused.InTurn(("q", shape.QueryWidth), ("k", shape.KeyWidth), ("v", shape.KeyWidth));
        return base.Attention(shape, index) with { Query = parts[0], Key = parts[1], Value = parts[2] };
    }

    /// <inheritdoc/>
    protected override MixerDefinition FeedForward(DecoderShape shape, int index)
    {
        string prefix = shape.Layer(index) + "mlp.";
        FusedLinear fused = new(prefix + "gate_up_proj", shape.Hidden, 2 * shape.FeedForwardWidth, hasBias: false);
        LinearDefinition[] parts = fused.InTurn(("gate", shape.FeedForwardWidth), ("up", shape.FeedForwardWidth));
        return new FeedForwardDefinition(
            shape.Activation,
            Gate: parts[0],
            Up: parts[1],
            Down: new LinearDefinition(prefix + "down_proj", shape.FeedForwardWidth, shape.Hidden, hasBias: false));
    }
}
