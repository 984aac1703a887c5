namespace SparseLlm.Models.Definitions;

/// <summary>
/// What a decoder-only language model is made of: names and shapes, no weights. An architecture turns a
/// <c>config.json</c> into one of these; everything else works from it.
/// </summary>
/// <param name="Architecture">The name in config.json, such as <c>OPTForCausalLM</c>.</param>
/// <param name="VocabularySize">Rows of the token table.</param>
/// <param name="HiddenSize">Channels of the residual stream.</param>
/// <param name="MaximumLength">The longest sequence that the model was made for.</param>
/// <param name="Embedding">Token ids to the residual stream.</param>
/// <param name="Layers">The decoder layers in order.</param>
/// <param name="Head">The residual stream to logits.</param>
public sealed record ModelDefinition(
    string Architecture,
    int VocabularySize,
    int HiddenSize,
    int MaximumLength,
    EmbeddingDefinition Embedding,
    IReadOnlyList<LayerDefinition> Layers,
    HeadDefinition Head)
{
    /// <summary>Every tensor that the model reads, with the shape it must have.</summary>
    public IEnumerable<TensorShape> Tensors =>
        Embedding.Tensors.Concat(Layers.SelectMany(layer => layer.Tensors)).Concat(Head.Tensors).Distinct();
}
