using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>
/// Gemma 3 without its eyes (Gemma Team 2025, arXiv 2503.19786): Gemma 2 with norms of queries and keys in the place of
/// caps, and another rotary embedding in the layers with a window, which are five of six.
/// </summary>
internal sealed class Gemma3 : Gemma2
{
    /// <inheritdoc/>
    public override string Name => "Gemma3ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "gemma3_text";

    /// <inheritdoc/>
    protected override RotaryStyle RotaryStyle { get; } = new() { DefaultTheta = 1e6 };

    /// <inheritdoc/>
    protected override double? DefaultScoreCap => null;

    /// <inheritdoc/>
    protected override double? DefaultLogitCap => null;

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers)
    {
        int pattern = config.Count(config.NameOf("_sliding_window_pattern", "sliding_window_pattern"), defaultValue: 6);
        return AttentionWindows.Where(config, layers, layer => (layer + 1) % pattern != 0);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<RotaryDefinition?> ReadRotary(
        ModelConfig config,
        int headWidth,
        IReadOnlyList<int> windows)
    {
        ModelConfig? parameters = config.Object("rope_parameters");
        RotaryDefinition global = parameters?.Object("full_attention") is { } ofGlobal
            ? Rotary.OfLayers(ofGlobal, config, headWidth, RotaryStyle)
            : Rotary.Define(config, headWidth, RotaryStyle);
        RotaryDefinition local = parameters?.Object("sliding_attention") is { } ofLocal
            ? Rotary.OfLayers(ofLocal, config, headWidth, new RotaryStyle())
            : Rotary.Unscaled(
                config,
                config.Positive("rope_local_base_freq", defaultValue: 10_000),
                headWidth,
                headWidth,
                RotaryStyle.Pairing);
        return [.. windows.Select(window => window == AttentionWindows.Unlimited ? global : local)];
    }

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index) => base.Attention(shape, index) with
    {
        QueryNorm = Norm(shape, shape.Attention(index) + "q_norm", shape.HeadWidth),
        KeyNorm = Norm(shape, shape.Attention(index) + "k_norm", shape.HeadWidth),
    };
}
