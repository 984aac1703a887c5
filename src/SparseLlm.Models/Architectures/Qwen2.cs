namespace SparseLlm.Models.Architectures;

/// <summary>Qwen2 (Yang et al. 2024, arXiv 2407.10671): Llama with biases of q, k and v, and a window in the upper layers.</summary>
public sealed class Qwen2 : Llama
{
    /// <inheritdoc/>
    public override string Name => "Qwen2ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "qwen2";

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config) => true;

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => false;

    /// <inheritdoc/>
    protected override IEnumerable<int> Windows(ModelConfig config, int layers)
    {
        // Newer files list every layer; older ones give the first layer with a window.
        IReadOnlyList<string>? types = AttentionTypes.Of(config, layers);
        int firstSliding = config.Count("max_window_layers", defaultValue: 28, minimum: 0);
        int window = config.Count("sliding_window", defaultValue: config.IsNull("sliding_window") ? int.MaxValue : 4096);
        return config.Flag("use_sliding_window", defaultValue: false)
            ? Enumerable.Range(0, layers).Select(layer => IsSliding(layer) ? window : int.MaxValue)
            : Enumerable.Repeat(int.MaxValue, layers);

        bool IsSliding(int layer) => types is null ? layer >= firstSliding : types[layer] == AttentionTypes.Sliding;
    }
}
