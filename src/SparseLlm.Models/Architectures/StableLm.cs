using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>StableLM (Bellagente et al. 2024, arXiv 2402.17834): Llama with layer norms whose heads turn in part; one
/// of its forms has parallel blocks.</summary>
internal sealed class StableLm : Llama
{
    /// <inheritdoc/>
    public override string Name => "StableLmForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "stablelm";

    /// <inheritdoc/>
    protected override RotaryStyle RotaryStyle { get; }
        = new() { DefaultShare = 0.25, ShareFields = ["partial_rotary_factor", "rope_pct"] };

    /// <inheritdoc/>
    protected override double ReadEpsilon(ModelConfig config) => config.Positive("layer_norm_eps", defaultValue: 1e-5);

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config)
        => config.Flag("use_qkv_bias", defaultValue: false);

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => false;

    /// <inheritdoc/>
    protected override NormDefinition Norm(DecoderShape shape, string name, int width)
        => NormDefinition.LayerNorm(name, width, shape.Epsilon);

    /// <inheritdoc/>
    protected override LayerDefinition Layer(
        DecoderShape shape,
        int index) => shape.Config.Flag("use_parallel_residual", defaultValue: false)
        ? LayerDefinition.Parallel(
            index, Norm(shape, shape.Layer(index) + "input_layernorm",
                shape.Hidden), Attention(shape, index), FeedForward(shape, index))
        : base.Layer(shape, index);

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index)
    {
        AttentionDefinition attention = base.Attention(shape, index);
        return shape.Config.Flag("qk_layernorm", defaultValue: false)
            ? attention with
            {
                QueryNorm = HeadNorms(
                    "q_layernorm",
                    shape.Config.CountInLayers("num_attention_heads", shape.Windows.Count)),
                KeyNorm = HeadNorms("k_layernorm", shape.KeyValueHeads)
            }
            : attention;

        // Every head has a norm of its own.
        NormDefinition HeadNorms(string name, int heads) => new(
            NormKind.LayerNorm,
            shape.HeadWidth,
            shape.Epsilon,
            [.. Enumerable.Range(0, heads).Select(
                head => TensorSlice.Vector($"{shape.Attention(index)}{name}.norms.{head}.weight", shape.HeadWidth))]);
    }
}
