using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Mixtral (Jiang et al. 2024, arXiv 2401.04088): Mistral with experts.</summary>
internal sealed class Mixtral : Llama
{
    /// <inheritdoc/>
    public override string Name => "MixtralForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "mixtral";

    /// <inheritdoc/>
    protected override RotaryStyle RotaryStyle { get; } = new() { DefaultTheta = 1e6 };

    /// <inheritdoc/>
    protected override double ReadEpsilon(ModelConfig config) => config.Positive("rms_norm_eps", defaultValue: 1e-5);

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers) =>
        AttentionWindows.Everywhere(config, layers, Name, AttentionWindows.Unlimited);

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config) => false;

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => false;

    /// <summary>Newer versions of transformers call the block <c>mlp</c>.</summary>
    protected override MixerDefinition FeedForward(DecoderShape shape, int index)
    {
        string newer = shape.Layer(index) + "mlp.";
        string prefix = shape.HasTensor(newer + "gate.weight") ? newer : shape.Layer(index) + "block_sparse_moe.";
        int count = shape.Config.CountInLayers("num_local_experts", shape.Windows.Count);
        ExpertTensors experts = new(prefix + "experts.", count, shape.Hidden, shape.FeedForwardWidth, shape.Activation);
        return new ExpertsDefinition(
            new LinearDefinition(prefix + "gate", shape.Hidden, count, hasBias: false) { StaysDense = true },
            experts.Read(shape.HasTensor, gate: "w1", up: "w3", down: "w2"),
            experts.PerToken(shape.Config));
    }
}
