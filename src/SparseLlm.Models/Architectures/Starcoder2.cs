using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>StarCoder2 (Lozhkov et al. 2024, arXiv 2402.19173): Llama with layer norms, biases, and feed-forward blocks
/// without a gate.</summary>
internal sealed class Starcoder2 : Llama
{
    /// <inheritdoc/>
    public override string Name => "Starcoder2ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "starcoder2";

    /// <inheritdoc/>
    protected override bool TiesByDefault => true;

    /// <inheritdoc/>
    protected override double ReadEpsilon(ModelConfig config) => config.Positive("norm_epsilon", defaultValue: 1e-5);

    /// <inheritdoc/>
    protected override Activation ReadActivation(ModelConfig config)
        => config.Activation("hidden_act", "gelu_pytorch_tanh");

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers) =>
        AttentionWindows.Everywhere(config, layers, Name, AttentionWindows.Unlimited);

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config) => HasBias(config);

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => HasBias(config);

    /// <inheritdoc/>
    protected override NormDefinition Norm(DecoderShape shape, string name, int width)
        => NormDefinition.LayerNorm(name, width, shape.Epsilon);

    /// <inheritdoc/>
    protected override MixerDefinition FeedForward(DecoderShape shape, int index)
    {
        string prefix = shape.Layer(index) + "mlp.";
        bool hasBias = HasBias(shape.Config);
        return new FeedForwardDefinition(
            shape.Activation,
            Gate: null,
            Up: new LinearDefinition(prefix + "c_fc", shape.Hidden, shape.FeedForwardWidth, hasBias),
            Down: new LinearDefinition(prefix + "c_proj", shape.FeedForwardWidth, shape.Hidden, hasBias));
    }

    private static bool HasBias(ModelConfig config) => config.Flag("use_bias", defaultValue: true);
}
