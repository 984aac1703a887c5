namespace SparseLlm.Models.Architectures;

/// <summary>Qwen2 (Yang et al. 2024, arXiv 2407.10671): Llama with biases of q, k and v, and a window in the upper layers.</summary>
public sealed class Qwen2 : Llama
{
    private const string Sliding = "sliding_attention";
    private const string Full = "full_attention";

    /// <inheritdoc/>
    public override string Name => "Qwen2ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "qwen2";

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config) => true;

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => false;

    /// <inheritdoc/>
    protected override int Window(ModelConfig config, int layer) =>
        config.Flag("use_sliding_window", defaultValue: false) && IsSliding(config, layer)
            ? config.Count("sliding_window", defaultValue: 4096)
            : int.MaxValue;

    private static bool IsSliding(ModelConfig config, int layer)
    {
        // Newer files list every layer; older ones give the first layer with a window.
        IReadOnlyList<string> types = config.Texts("layer_types");
        if (types.Count == 0)
        {
            return layer >= config.Count("max_window_layers", defaultValue: 28);
        }

        if (layer >= types.Count)
        {
            throw config.Invalid("layer_types", $"the list of {types.Count} ends before layer {layer}");
        }

        config.Require("layer_types", types[layer], Full, Sliding);
        return types[layer] == Sliding;
    }
}
