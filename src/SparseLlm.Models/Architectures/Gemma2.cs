using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>
/// Gemma 2 (Gemma Team 2024, arXiv 2408.00118): Gemma with norms before and after each mixer, caps of scores and
/// logits, and a window in every other layer.
/// </summary>
internal class Gemma2 : Gemma
{
    /// <inheritdoc/>
    public override string Name => "Gemma2ForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "gemma2";

    /// <summary>The cap of attention scores in a config without one.</summary>
    protected virtual double? DefaultScoreCap => 50;

    /// <summary>The cap of logits in a config without one.</summary>
    protected virtual double? DefaultLogitCap => 30;

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        ModelDefinition model = base.Define(config, hasTensor);
        return model with
        {
            Head = model.Head with
            {
                Cap = config.PositiveOrNone("final_logit_softcapping", DefaultLogitCap)
            }
        };
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ReadWindows(ModelConfig config, int layers)
        => AttentionWindows.Where(config, layers, layer => layer % 2 == 0);

    /// <inheritdoc/>
    protected override LayerDefinition Layer(DecoderShape shape, int index)
    {
        return new LayerDefinition(
            index,
            [
                new(Attention(shape, index))
                {
                    InputNorm = Of("input_layernorm"),
                    OutputNorm = Of("post_attention_layernorm")
                },
                new(FeedForward(shape, index))
                {
                    InputNorm = Of("pre_feedforward_layernorm"),
                    OutputNorm = Of("post_feedforward_layernorm")
                },
            ]);

        NormDefinition Of(string name) => Norm(shape, shape.Layer(index) + name, shape.Hidden);
    }

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index) => base.Attention(shape, index) with
    {
        Scale = (float)(1 / Math.Sqrt(shape.Config.Positive("query_pre_attn_scalar", defaultValue: 256))),
        Cap = shape.Config.PositiveOrNone("attn_logit_softcapping", DefaultScoreCap),
    };
}
