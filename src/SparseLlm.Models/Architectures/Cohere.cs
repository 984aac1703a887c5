using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Architectures;

/// <summary>Command R (Cohere 2024): Llama with parallel blocks behind one layer norm, pairs of neighbours in the
/// rotary embedding, and a factor of the logits.</summary>
internal class Cohere : Llama
{
    /// <inheritdoc/>
    public override string Name => "CohereForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "cohere";

    /// <inheritdoc/>
    protected override bool TiesByDefault => true;

    /// <inheritdoc/>
    protected override RotaryStyle RotaryStyle { get; } = new() { Pairing = RotaryPairing.Interleaved };

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        ModelDefinition model = base.Define(config, hasTensor);
        return model with
        {
            Head = model.Head with
            {
                Scale = (float)config.Positive("logit_scale", defaultValue: 0.0625)
            }
        };
    }

    /// <inheritdoc/>
    protected override double ReadEpsilon(ModelConfig config) => config.Positive("layer_norm_eps", defaultValue: 1e-5);

    /// <inheritdoc/>
    protected override NormDefinition Norm(DecoderShape shape, string name, int width) =>
        NormDefinition.LayerNorm(name, width, shape.Epsilon, hasBias: false);

    /// <inheritdoc/>
    protected override LayerDefinition Layer(DecoderShape shape, int index) => LayerDefinition.Parallel(
        index, Norm(shape, shape.Layer(index) + "input_layernorm",
            shape.Hidden), Attention(shape, index), FeedForward(shape, index));

    /// <inheritdoc/>
    protected override AttentionDefinition Attention(DecoderShape shape, int index)
    {
        AttentionDefinition attention = base.Attention(shape, index);
        return HasQueryKeyNorms(shape.Config)
            ? attention with
            {
                QueryNorm = HeadNorm("q_norm", shape.Heads),
                KeyNorm = HeadNorm("k_norm", shape.KeyValueHeads)
            }
            : attention;

        // Every head has gains of its own.
        NormDefinition HeadNorm(string name, int heads) => new(
            NormKind.LayerNorm, shape.HeadWidth, shape.Epsilon, [TensorSlice.Matrix(
                shape.Attention(index) + name + ".weight",
                heads,
                shape.HeadWidth)]);
    }

    /// <summary>Whether queries and keys are normed (Command R+).</summary>
    protected virtual bool HasQueryKeyNorms(ModelConfig config) => config.Flag("use_qk_norm", defaultValue: false);
}
