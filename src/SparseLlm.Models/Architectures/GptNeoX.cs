using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>GPT-NeoX and Pythia (Black et al. 2022, arXiv 2204.06745): q, k and v of each head in turn in one tensor,
/// heads that turn in part, and blocks that are parallel or not.</summary>
internal sealed class GptNeoX : Architecture
{
    private static readonly RotaryStyle Style = new()
    {
        ThetaFields = ["rope_theta", "rotary_emb_base"],
        DefaultShare = 0.25,
        ShareFields = ["partial_rotary_factor", "rotary_pct"],
    };

    /// <inheritdoc/>
    public override string Name => "GPTNeoXForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "gpt_neox";

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        TensorNames names = TensorNames.Find(hasTensor, "embed_in.weight", "embed_out.weight", "gpt_neox.", "");
        int vocabulary = config.Count("vocab_size");
        int hidden = config.Width("hidden_size");
        int heads = config.Width("num_attention_heads");
        int headWidth = config.Divide("hidden_size", "num_attention_heads");
        int feedForwardWidth = config.Width("intermediate_size");
        float epsilon = (float)config.Positive("layer_norm_eps", defaultValue: 1e-5);
        bool attentionBias = config.Flag("attention_bias", defaultValue: true);
        Wiring wiring = config.Flag("use_parallel_residual", defaultValue: true) ? Wiring.Parallel : Wiring.Sequential;
        Activation activation = config.Activation("hidden_act", "gelu");
        RotaryDefinition rotary = Rotary.Define(config, headWidth, Style);

        TensorShape tokens = new(names.Root + "embed_in.weight", vocabulary, hidden);
        return new ModelDefinition(
            Name,
            vocabulary,
            hidden,
            config.Count("max_position_embeddings"),
            new EmbeddingDefinition(tokens),
            [.. Enumerable.Range(0, config.LayerCount()).Select(Layer)],
            new HeadDefinition(
                Norm(names.Root + "final_layer_norm"),
                Projection: null,
                OutputTable(config, tokens, names.Head, tiesByDefault: false)));

        LayerDefinition Layer(int index)
        {
            string layer = $"{names.Root}layers.{index}.";
            LinearDefinition[] projections = new FusedLinear(
                layer + "attention.query_key_value",
                hidden,
                3 * hidden,
                attentionBias)
                .ByKeyValueHead(heads, heads, headWidth);
            AttentionDefinition attention = new(
                projections[0],
                projections[1],
                projections[2],
                Output: new LinearDefinition(layer + "attention.dense", hidden, hidden, attentionBias),
                heads,
                heads,
                headWidth)
            {
                Rotary = rotary,
            };
            FeedForwardDefinition feedForward = new(
                activation,
                Gate: null,
                Up: new LinearDefinition(layer + "mlp.dense_h_to_4h", hidden, feedForwardWidth, hasBias: true),
                Down: new LinearDefinition(layer + "mlp.dense_4h_to_h", feedForwardWidth, hidden, hasBias: true));
            return new LayerDefinition(
                index,
                [
                    new(attention) { InputNorm = Norm(layer + "input_layernorm") },
                    new(feedForward) { InputNorm = Norm(layer + "post_attention_layernorm") },
                ],
                wiring);
        }

        NormDefinition Norm(string name) => NormDefinition.LayerNorm(name, hidden, epsilon);
    }
}
