namespace SparseLlm.Models.Architectures;

/// <summary>Mistral (Jiang et al. 2023, arXiv 2310.06825): Llama with a sliding window.</summary>
public sealed class Mistral : Llama
{
    /// <inheritdoc/>
    public override string Name => "MistralForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "mistral";

    /// <inheritdoc/>
    protected override bool HasQueryKeyValueBias(ModelConfig config) => false;

    /// <inheritdoc/>
    protected override bool HasOutputBias(ModelConfig config) => false;

    /// <inheritdoc/>
    protected override IEnumerable<int> Windows(ModelConfig config, int layers)
    {
        int window = config.Count("sliding_window", defaultValue: config.IsNull("sliding_window") ? int.MaxValue : 4096);
        string type = window == int.MaxValue ? AttentionTypes.Full : AttentionTypes.Sliding;
        return AttentionTypes.Of(config, layers) is { } types && types.Any(other => other != type)
            ? throw config.Unsupported(AttentionTypes.Field, $"with this sliding_window, every layer of {Name} is of '{type}'")
            : Enumerable.Repeat(window, layers);
    }
}
