using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Qwen3's mixtures of experts: Qwen3 with experts in most or all layers.</summary>
internal sealed class Qwen3Moe : Qwen3
{
    /// <inheritdoc/>
    public override string Name => "Qwen3MoeForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "qwen3_moe";

    /// <inheritdoc/>
    protected override int ReadHeadWidth(ModelConfig config) =>
        config.Has("head_dim") ? config.Width("head_dim") : config.Divide("hidden_size", "num_attention_heads");

    /// <summary>Versions of transformers differ in which layers have a window, and no published model has
    /// one.</summary>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers) =>
        config.Flag("use_sliding_window", defaultValue: false) && config.Has("sliding_window")
            ? throw config.Unsupported("use_sliding_window", $"a window is not supported in {Name}")
            : base.ReadWindows(config, layers);

    /// <inheritdoc/>
    protected override MixerDefinition FeedForward(DecoderShape shape, int index)
    {
        ModelConfig config = shape.Config;
        int step = config.Count("decoder_sparse_step", defaultValue: 1);
        int count = config.CountInLayers(config.NameOf("num_experts", "num_local_experts"), shape.Windows.Count);
        if ((index + 1) % step != 0 || config.Counts("mlp_only_layers").Contains(index))
        {
            return base.FeedForward(shape, index);
        }

        string prefix = shape.Layer(index) + "mlp.";
        ExpertTensors experts = new(
            prefix + "experts.",
            count,
            shape.Hidden,
            config.Width("moe_intermediate_size"),
            shape.Activation);
        return new ExpertsDefinition(
            new LinearDefinition(prefix + "gate", shape.Hidden, count, hasBias: false) { StaysDense = true },
            experts.Read(shape.HasTensor),
            experts.PerToken(config),
            NormalizesWeights: config.Flag("norm_topk_prob", defaultValue: false));
    }
}
