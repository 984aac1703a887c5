using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Command R7B and A (Cohere 2024): Command R with a window in three of four layers, and a rotary embedding in
/// these alone.</summary>
internal sealed class Cohere2 : Cohere
{
    /// <inheritdoc/>
    public override string Name => "Cohere2ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "cohere2";

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers)
    {
        int pattern = config.Count(config.NameOf("_sliding_window_pattern", "sliding_window_pattern"), defaultValue: 4);
        return AttentionWindows.Where(config, layers, layer => (layer + 1) % pattern != 0);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<RotaryDefinition?> ReadRotary(
        ModelConfig config,
        int headWidth,
        IReadOnlyList<int> windows) =>
        [.. base.ReadRotary(config, headWidth, windows)
            .Zip(windows, (rotary, window) => window == AttentionWindows.Unlimited ? null : rotary)];

    /// <inheritdoc/>
    protected override bool HasQueryKeyNorms(ModelConfig config) => false;
}
