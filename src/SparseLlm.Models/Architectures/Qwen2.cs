namespace SparseLlm.Models.Architectures;

/// <summary>Qwen2 (Yang et al. 2024, arXiv 2407.10671): Llama with biases of q, k and v, and a window in the upper
/// layers.</summary>
internal class Qwen2 : Llama
{
    /// <inheritdoc/>
    public override string Name => "Qwen2ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "qwen2";

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config) => true;

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => false;

    /// <summary>Newer files list every layer; older ones give the first layer with a window.</summary>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers)
    {
        int firstSliding = config.Count("max_window_layers", defaultValue: 28, minimum: 0);
        return AttentionWindows.Where(
            config, layers, layer => layer >= firstSliding, isWanted: config.Flag(
                "use_sliding_window",
                defaultValue: false));
    }
}
