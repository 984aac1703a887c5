using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>GPT-2 (Radford et al. 2019): learned positions, q, k and v in one tensor, and all matrices stored as
/// [inputs x outputs].</summary>
internal sealed class Gpt2 : Architecture
{
    /// <inheritdoc/>
    public override string Name => "GPT2LMHeadModel";

    /// <inheritdoc/>
    public override string ModelType => "gpt2";

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        TensorNames names = TensorNames.Find(hasTensor, "wte.weight", "lm_head.weight", "transformer.", "");
        int vocabulary = config.Count("vocab_size");
        int hidden = config.Width("n_embd");
        int heads = config.Width("n_head");
        int headWidth = config.Divide("n_embd", "n_head");
        int feedForwardWidth = config.Width("n_inner", defaultValue: 4 * hidden);
        int maximumLength = config.Count("n_positions");
        float epsilon = (float)config.Positive("layer_norm_epsilon", defaultValue: 1e-5);
        bool isScaled = config.Flag("scale_attn_weights", defaultValue: true);
        bool isScaledByLayer = config.Flag("scale_attn_by_inverse_layer_idx", defaultValue: false);
        Activation activation = config.Activation("activation_function", "gelu_new");

        TensorShape tokens = new(names.Root + "wte.weight", vocabulary, hidden);
        return new ModelDefinition(
            Name,
            vocabulary,
            hidden,
            maximumLength,
            new EmbeddingDefinition(tokens, new TensorShape(names.Root + "wpe.weight", maximumLength, hidden)),
            [.. Enumerable.Range(0, config.LayerCount("n_layer")).Select(Layer)],
            new HeadDefinition(
                Norm(names.Root + "ln_f"),
                Projection: null,
                OutputTable(config, tokens, names.Head, tiesByDefault: true)));

        LayerDefinition Layer(int index)
        {
            string layer = $"{names.Root}h.{index}.";
            LinearDefinition[] projections = Transposed(layer + "attn.c_attn", hidden, 3 * hidden).InTurn(
                ("q", hidden),
                ("k", hidden),
                ("v", hidden));
            AttentionDefinition attention = new(
                projections[0], projections[1], projections[2], Transposed(layer + "attn.c_proj", hidden, hidden)
                    .Whole(), heads, heads, headWidth)
            {
                Scale = (float)((isScaled ? 1 / Math.Sqrt(headWidth) : 1) / (isScaledByLayer ? index + 1 : 1)),
            };
            FeedForwardDefinition feedForward = new(
                activation,
                Gate: null,
                Up: Transposed(layer + "mlp.c_fc", hidden, feedForwardWidth).Whole(),
                Down: Transposed(layer + "mlp.c_proj", feedForwardWidth, hidden).Whole());
            return new LayerDefinition(
                index, [new(attention) { InputNorm = Norm(layer + "ln_1") }, new(feedForward)
                {
                    InputNorm = Norm(layer + "ln_2")
                }]);
        }

        NormDefinition Norm(string name) => NormDefinition.LayerNorm(name, hidden, epsilon);
    }

    private static FusedLinear Transposed(string name, int inputs, int outputs)
        => new(name, inputs, outputs, hasBias: true, isTransposed: true);
}
