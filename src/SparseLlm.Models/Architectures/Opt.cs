using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>OPT (Zhang et al. 2022, arXiv 2205.01068).</summary>
internal sealed class Opt : Architecture
{
    // Rows 0 and 1 of the position table belong to padding.
    private const int PositionOffset = 2;
    private const float Epsilon = 1e-5f;

    /// <inheritdoc/>
    public override string Name => "OPTForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "opt";

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        int vocabulary = config.Count("vocab_size");
        int hidden = config.Width("hidden_size");
        int heads = config.Width("num_attention_heads");
        int headWidth = config.Divide("hidden_size", "num_attention_heads");
        int feedForwardWidth = config.Width("ffn_dim");
        bool hasBias = config.Flag("enable_bias", defaultValue: true);
        int tableWidth = config.Width("word_embed_proj_dim", defaultValue: hidden);
        int maximumLength = config.Count("max_position_embeddings");
        bool normFirst = config.Flag("do_layer_norm_before", defaultValue: true);
        bool isAffine = config.Flag("layer_norm_elementwise_affine", defaultValue: true);
        Activation activation = config.Activation("activation_function", "relu");

        TensorNames names = TensorNames.Find(
            hasTensor,
            "embed_tokens.weight",
            "lm_head.weight",
            "model.decoder.",
            "decoder.",
            "");
        string root = names.Root;
        TensorShape tokens = new(root + "embed_tokens.weight", vocabulary, tableWidth);
        EmbeddingDefinition embedding = new(
            tokens,
            new TensorShape(root + "embed_positions.weight", maximumLength + PositionOffset, hidden),
            PositionOffset,
            Projection: tableWidth == hidden
                ? null
                : new LinearDefinition(root + "project_in", tableWidth, hidden, hasBias: false));
        HeadDefinition head = new(
            Norm: normFirst && !config.Flag("_remove_final_layer_norm", defaultValue: false)
                ? Norm(root + "final_layer_norm")
                : null,
            Projection: tableWidth == hidden
                ? null
                : new LinearDefinition(root + "project_out", hidden, tableWidth, hasBias: false),
            OutputTable(config, tokens, names.Head, tiesByDefault: true));
        var layers = Enumerable.Range(0, config.LayerCount()).Select(Layer).ToArray();
        return new ModelDefinition(Name, vocabulary, hidden, maximumLength, embedding, layers, head);

        LayerDefinition Layer(int index)
        {
            string layer = $"{root}layers.{index}.";
            AttentionDefinition attention = new(
                Query: new LinearDefinition(layer + "self_attn.q_proj", hidden, hidden, hasBias),
                Key: new LinearDefinition(layer + "self_attn.k_proj", hidden, hidden, hasBias),
                Value: new LinearDefinition(layer + "self_attn.v_proj", hidden, hidden, hasBias),
                Output: new LinearDefinition(layer + "self_attn.out_proj", hidden, hidden, hasBias),
                Heads: heads,
                KeyValueHeads: heads,
                HeadWidth: headWidth);
            FeedForwardDefinition feedForward = new(
                activation,
                Gate: null,
                Up: new LinearDefinition(layer + "fc1", hidden, feedForwardWidth, hasBias),
                Down: new LinearDefinition(layer + "fc2", feedForwardWidth, hidden, hasBias));
            return new LayerDefinition(
                index,
                [Block(attention, layer + "self_attn_layer_norm"), Block(feedForward, layer + "final_layer_norm")]);
        }

        BlockDefinition Block(MixerDefinition mixer, string norm) =>
            normFirst ? new(mixer) { InputNorm = Norm(norm) } : new(mixer) { SumNorm = Norm(norm) };

        NormDefinition Norm(string name) => NormDefinition.LayerNorm(name, hidden, Epsilon, isAffine);
    }
}
