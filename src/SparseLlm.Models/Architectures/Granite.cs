using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Granite 3 (IBM 2024): Llama with factors of embeddings, scores, residuals and logits.</summary>
internal sealed class Granite : Llama
{
    /// <inheritdoc/>
    public override string Name => "GraniteForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "granite";

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        ModelDefinition model = base.Define(config, hasTensor);
        return model with
        {
            Embedding = model.Embedding with
            {
                Multiplier = (float)config.Positive("embedding_multiplier", defaultValue: 1)
            },
            Head = model.Head with { Scale = (float)(1 / config.Positive("logits_scaling", defaultValue: 1)) },
        };
    }

    /// <inheritdoc/>
    protected override LayerDefinition Layer(DecoderShape shape, int index) => base.Layer(shape, index) with
    {
        ResidualMultiplier = (float)shape.Config.Positive("residual_multiplier", defaultValue: 1),
    };

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index) => base.Attention(shape, index) with
    {
        Scale = (float)shape.Config.Positive("attention_multiplier", defaultValue: 1),
    };
}
