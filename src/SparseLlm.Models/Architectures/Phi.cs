using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Phi 1 to 2 (Li et al. 2023, arXiv 2309.05463): parallel blocks behind one layer norm, biases everywhere,
/// heads that turn in part.</summary>
internal sealed class Phi : Llama
{
    /// <inheritdoc/>
    public override string Name => "PhiForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "phi";

    /// <inheritdoc/>
    protected override string FinalNorm => "final_layernorm";

    /// <inheritdoc/>
    protected override bool HasHeadBias => true;

    /// <inheritdoc/>
    protected override RotaryStyle RotaryStyle { get; } = new() { DefaultShare = 0.5 };

    /// <inheritdoc/>
    protected override double ReadEpsilon(ModelConfig config) => config.Positive("layer_norm_eps", defaultValue: 1e-5);

    /// <inheritdoc/>
    protected override Activation ReadActivation(ModelConfig config) => config.Activation("hidden_act", "gelu_new");

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config) => true;

    /// <inheritdoc/>
    protected override NormDefinition Norm(DecoderShape shape, string name, int width)
        => NormDefinition.LayerNorm(name, width, shape.Epsilon);

    /// <inheritdoc/>
    protected override LayerDefinition Layer(DecoderShape shape, int index) => LayerDefinition.Parallel(
        index, Norm(shape, shape.Layer(index) + "input_layernorm",
            shape.Hidden), Attention(shape, index), FeedForward(shape, index));

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index)
    {
        bool hasNorms = shape.Config.Flag("qk_layernorm", defaultValue: false);
        return base.Attention(shape, index) with
        {
            Output = new LinearDefinition(
                shape.Attention(index) + "dense",
                shape.QueryWidth,
                shape.Hidden,
                hasBias: true),
            QueryNorm = hasNorms ? Norm(shape, shape.Attention(index) + "q_layernorm", shape.HeadWidth) : null,
            KeyNorm = hasNorms ? Norm(shape, shape.Attention(index) + "k_layernorm", shape.HeadWidth) : null,
        };
    }

    /// <inheritdoc/>
    protected override MixerDefinition FeedForward(DecoderShape shape, int index)
    {
        string prefix = shape.Layer(index) + "mlp.";
        return new FeedForwardDefinition(
            shape.Activation,
            Gate: null,
            Up: new LinearDefinition(prefix + "fc1", shape.Hidden, shape.FeedForwardWidth, hasBias: true),
            Down: new LinearDefinition(prefix + "fc2", shape.FeedForwardWidth, shape.Hidden, hasBias: true));
    }
}
