using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Falcon (Almazrouei et al. 2023, arXiv 2311.16867): q, k and v in one tensor, few keys and values, and
/// parallel blocks behind one norm or two.</summary>
internal sealed class Falcon : Architecture
{
    /// <inheritdoc/>
    public override string Name => "FalconForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "falcon";

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        if (config.Flag("alibi", defaultValue: false))
        {
            throw config.Unsupported("alibi", "positions as biases of the scores (ALiBi) are not supported");
        }

        TensorNames names = TensorNames.Find(hasTensor, "word_embeddings.weight", "lm_head.weight", "transformer.", "");
        int vocabulary = config.Count("vocab_size");
        int hidden = config.Width("hidden_size");
        int heads = config.Width("num_attention_heads");
        int headWidth = config.Divide("hidden_size", "num_attention_heads");
        bool isNew = config.Flag("new_decoder_architecture", defaultValue: false);
        int keyValueHeads = KeyValueHeads(config, heads, isNew);
        RequireHeads(config, heads, keyValueHeads, headWidth);
        int feedForwardWidth = config.Width("ffn_hidden_size", defaultValue: 4 * hidden);
        float epsilon = (float)config.Positive("layer_norm_epsilon", defaultValue: 1e-5);
        bool hasBias = config.Flag("bias", defaultValue: false);
        bool isParallel = config.Flag("parallel_attn", defaultValue: true) || isNew;
        bool hasTwoNorms = isNew && config.Count("num_ln_in_parallel_attn", defaultValue: 2) == 2;
        Activation activation = config.Activation("activation", "gelu");
        RotaryDefinition rotary = Rotary.Define(config, headWidth, new RotaryStyle());

        TensorShape tokens = new(names.Root + "word_embeddings.weight", vocabulary, hidden);
        return new ModelDefinition(
            Name,
            vocabulary,
            hidden,
            config.Count("max_position_embeddings", defaultValue: 2048),
            new EmbeddingDefinition(tokens),
            [.. Enumerable.Range(0, config.LayerCount()).Select(Layer)],
            new HeadDefinition(
                Norm(names.Root + "ln_f"),
                Projection: null,
                OutputTable(config, tokens, names.Head, tiesByDefault: true)));

        LayerDefinition Layer(int index)
        {
            string layer = $"{names.Root}h.{index}.";
            LinearDefinition[] projections = new FusedLinear(
                layer + "self_attention.query_key_value",
                hidden,
                (heads + 2 * keyValueHeads) * headWidth,
                hasBias)
                .ByKeyValueHead(heads, keyValueHeads, headWidth);
            AttentionDefinition attention = new(
                projections[0],
                projections[1],
                projections[2],
                Output: new LinearDefinition(layer + "self_attention.dense", hidden, hidden, hasBias),
                heads,
                keyValueHeads,
                headWidth)
            {
                Rotary = rotary,
            };
            FeedForwardDefinition feedForward = new(
                activation,
                Gate: null,
                Up: new LinearDefinition(layer + "mlp.dense_h_to_4h", hidden, feedForwardWidth, hasBias),
                Down: new LinearDefinition(layer + "mlp.dense_4h_to_h", feedForwardWidth, hidden, hasBias));
            return (isParallel, hasTwoNorms) switch
            {
                (true, true) => new(
                    index,
                    [Block(attention, layer + "ln_attn"), Block(feedForward, layer + "ln_mlp")],
                    Wiring.Parallel),
                (true, false) => LayerDefinition.Parallel(
                    index,
                    Norm(layer + "input_layernorm"),
                    attention,
                    feedForward),
                _ => new(index, [Block(attention, layer + "input_layernorm"), Block(
                    feedForward,
                    layer + "post_attention_layernorm")]),
            };
        }

        BlockDefinition Block(MixerDefinition mixer, string norm) => new(mixer) { InputNorm = Norm(norm) };

        NormDefinition Norm(string name) => NormDefinition.LayerNorm(name, hidden, epsilon);
    }

    /// <summary><c>num_kv_heads</c> counts in the newer form only: the older one writes it and has a single one, or as
    /// many as heads.</summary>
    private static int KeyValueHeads(ModelConfig config, int heads, bool isNew)
    {
        bool isMultiQuery = config.Flag("multi_query", defaultValue: true);
        return isNew ? config.Width("num_kv_heads", defaultValue: heads) : isMultiQuery ? 1 : heads;
    }
}
