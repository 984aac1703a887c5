using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>SmolLM3 (Hugging Face 2025): Llama without rotary embedding in every fourth layer.</summary>
internal sealed class SmolLm3 : Llama
{
    /// <inheritdoc/>
    public override string Name => "SmolLM3ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "smollm3";

    /// <inheritdoc/>
    protected override bool TiesByDefault => true;

    /// <inheritdoc/>
    protected override RotaryStyle RotaryStyle { get; } = new() { DefaultTheta = 2e6 };

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers)
    {
        IReadOnlyList<bool> turns = Turns(config, layers);
        return AttentionWindows.Where(
            config, layers, layer => !turns[layer], AttentionWindows.Unlimited, isWanted: config.Flag(
                "use_sliding_window",
                defaultValue: false));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<RotaryDefinition?> ReadRotary(
        ModelConfig config,
        int headWidth,
        IReadOnlyList<int> windows) =>
        [.. base.ReadRotary(config, headWidth, windows)
            .Zip(Turns(config, windows.Count), (rotary, turns) => turns ? rotary : null)];

    /// <summary>Which layers have a rotary embedding: those with a 1 in <c>no_rope_layers</c>.</summary>
    private static IReadOnlyList<bool> Turns(ModelConfig config, int layers)
    {
        const string Field = "no_rope_layers";
        int interval = config.Count("no_rope_layer_interval", defaultValue: 4);
        if (!config.Has(Field))
        {
            return [.. Enumerable.Range(0, layers).Select(layer => (layer + 1) % interval != 0)];
        }

        IReadOnlyList<int> flags = config.Counts(Field);
        return flags.Count == layers
            ? [.. flags.Select(flag => flag != 0)]
            : throw config.Invalid(Field, $"the list of {flags.Count} is not one of num_hidden_layers, {layers}");
    }
}
