namespace SparseLlm.Models.Architectures;

/// <summary>Mistral (Jiang et al. 2023, arXiv 2310.06825): Llama with a sliding window.</summary>
internal sealed class Mistral : Llama
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
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers) =>
        AttentionWindows.Everywhere(config, layers, Name, AttentionWindows.Usual);
}
