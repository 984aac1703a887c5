using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Architectures;

/// <summary>gpt-oss (OpenAI 2025, arXiv 2508.10925): experts with biases and a clamped gate, attention with sinks, and
/// a window in every other layer.</summary>
internal sealed class GptOss : Llama
{
    private const double Limit = 7;

    /// <inheritdoc/>
    public override string Name => "GptOssForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "gpt_oss";

    /// <inheritdoc/>
    protected override int ReadHeadWidth(ModelConfig config) => config.Width("head_dim", defaultValue: 64);

    /// <inheritdoc/>
    protected override RotaryStyle RotaryStyle { get; } = new() { DefaultTheta = 150_000 };

    /// <inheritdoc/>
    protected override double ReadEpsilon(ModelConfig config) => config.Positive("rms_norm_eps", defaultValue: 1e-5);

    /// <summary>Its own, whatever the config calls it.</summary>
    protected override Activation ReadActivation(ModelConfig config)
    {
        config.Require("hidden_act", config.Text("hidden_act", "silu"), "silu");
        return config.Positive("swiglu_limit", defaultValue: Limit) == Limit
            ? new Activation(Nonlinearity.ClampedSwish)
            : throw config.Unsupported("swiglu_limit", $"only {Limit} is supported");
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers) =>
        AttentionWindows.Where(config, layers, layer => layer % 2 == 0, defaultWindow: 128);

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config)
        => config.Flag("attention_bias", defaultValue: true);

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => config.Flag("attention_bias", defaultValue: true);

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index) => base.Attention(shape, index) with
    {
        Sinks = TensorSlice.Vector(shape.Attention(index) + "sinks", shape.Heads),
    };

    /// <inheritdoc/>
    protected override MixerDefinition FeedForward(DecoderShape shape, int index)
    {
        string prefix = shape.Layer(index) + "mlp.";
        int count = shape.Config.CountInLayers("num_local_experts", shape.Windows.Count);
        ExpertTensors experts = new(prefix + "experts.", count, shape.Hidden, shape.FeedForwardWidth, shape.Activation);
        return new ExpertsDefinition(
            new LinearDefinition(prefix + "router", shape.Hidden, count, hasBias: true) { StaysDense = true },
            experts.Interleaved(),
            experts.PerToken(shape.Config));
    }
}
