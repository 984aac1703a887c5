using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Architectures;

/// <summary>GPT-J (Wang and Komatsuzaki 2021): parallel blocks behind one layer norm, and heads that turn in part, in
/// pairs of neighbours.</summary>
internal sealed class GptJ : Architecture
{
    private const double Theta = 10_000;

    /// <inheritdoc/>
    public override string Name => "GPTJForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "gptj";

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        TensorNames names = TensorNames.Find(hasTensor, "wte.weight", "lm_head.weight", "transformer.", "");
        int vocabulary = config.Count("vocab_size");
        int hidden = config.Width("n_embd");
        int heads = config.Width("n_head");
        int headWidth = config.Divide("n_embd", "n_head");
        int feedForwardWidth = config.Width("n_inner", defaultValue: 4 * hidden);
        float epsilon = (float)config.Positive("layer_norm_epsilon", defaultValue: 1e-5);
        Activation activation = config.Activation("activation_function", "gelu_new");
        RotaryDefinition rotary = Rotary.Unscaled(
            config,
            Theta,
            RotaryWidth(config, headWidth),
            headWidth,
            RotaryPairing.Interleaved,
            "rotary_dim");

        TensorShape tokens = new(names.Root + "wte.weight", vocabulary, hidden);
        return new ModelDefinition(
            Name,
            vocabulary,
            hidden,
            config.Count("n_positions"),
            new EmbeddingDefinition(tokens),
            [.. Enumerable.Range(0, config.LayerCount("n_layer")).Select(Layer)],
            new HeadDefinition(
                Norm(names.Root + "ln_f"),
                Projection: null,
                OutputTable(config, tokens, names.Head, tiesByDefault: false))
            {
                Bias = TensorSlice.Vector(names.HeadBias, vocabulary),
            });

        LayerDefinition Layer(int index)
        {
            string layer = $"{names.Root}h.{index}.";
            AttentionDefinition attention = new(
                Projection(layer + "attn.q_proj"), Projection(layer + "attn.k_proj"), Projection(layer + "attn.v_proj"),
                Projection(layer + "attn.out_proj"),
                heads, heads, headWidth)
            {
                Rotary = rotary,
            };
            FeedForwardDefinition feedForward = new(
                activation,
                Gate: null,
                Up: new LinearDefinition(layer + "mlp.fc_in", hidden, feedForwardWidth, hasBias: true),
                Down: new LinearDefinition(layer + "mlp.fc_out", feedForwardWidth, hidden, hasBias: true));
            return LayerDefinition.Parallel(index, Norm(layer + "ln_1"), attention, feedForward);
        }

        LinearDefinition Projection(string name) => new(name, hidden, hidden, hasBias: false);

        NormDefinition Norm(string name) => NormDefinition.LayerNorm(name, hidden, epsilon);
    }

    /// <summary>How many channels of a head turn: all where the config says null.</summary>
    private static int RotaryWidth(ModelConfig config, int headWidth)
    {
        const string Field = "rotary_dim";
        int width = config.IsNull(Field) ? headWidth : config.Width(Field, defaultValue: 64);
        return width <= headWidth
            ? width
            : throw config.Invalid(Field, $"{width} is more than the {headWidth} channels of a head");
    }
}
