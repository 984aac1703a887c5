using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>OPT (Zhang et al. 2022, arXiv 2205.01068).</summary>
public sealed class Opt : Architecture
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
        int feedForward = config.Width("ffn_dim");
        bool hasBias = config.Flag("enable_bias", defaultValue: true);
        int tableWidth = config.Width("word_embed_proj_dim", defaultValue: hidden);
        int maximumLength = config.Count("max_position_embeddings");
        bool normFirst = config.Flag("do_layer_norm_before", defaultValue: true);
        bool isAffine = config.Flag("layer_norm_elementwise_affine", defaultValue: true);
        config.Require("activation_function", config.Text("activation_function", defaultValue: "relu"), "relu");

        string root = FindPrefix(hasTensor, "embed_tokens.weight", "model.decoder.", "decoder.", "");
        TensorShape tokens = new(root + "embed_tokens.weight", vocabulary, tableWidth);
        EmbeddingDefinition embedding = new(
            tokens,
            new TensorShape(root + "embed_positions.weight", maximumLength + PositionOffset, hidden),
            PositionOffset,
            Projection: tableWidth == hidden ? null : new LinearDefinition(root + "project_in", tableWidth, hidden, HasBias: false));
        HeadDefinition head = new(
            Norm: normFirst && !config.Flag("_remove_final_layer_norm", defaultValue: false) ? Norm(root + "final_layer_norm") : null,
            Projection: tableWidth == hidden ? null : new LinearDefinition(root + "project_out", hidden, tableWidth, HasBias: false),
            Tokens: config.Flag("tie_word_embeddings", defaultValue: true)
                ? tokens
                : new TensorShape("lm_head.weight", vocabulary, tableWidth));
        var layers = Enumerable.Range(0, config.LayerCount()).Select(Layer).ToArray();
        return new ModelDefinition(Name, vocabulary, hidden, maximumLength, embedding, layers, head);

        LayerDefinition Layer(int index)
        {
            string layer = $"{root}layers.{index}.";
            return new LayerDefinition(
                index,
                Norm(layer + "self_attn_layer_norm"),
                new AttentionDefinition(
                    Query: new LinearDefinition(layer + "self_attn.q_proj", hidden, hidden, hasBias),
                    Key: new LinearDefinition(layer + "self_attn.k_proj", hidden, hidden, hasBias),
                    Value: new LinearDefinition(layer + "self_attn.v_proj", hidden, hidden, hasBias),
                    Output: new LinearDefinition(layer + "self_attn.out_proj", hidden, hidden, hasBias),
                    Heads: heads,
                    KeyValueHeads: heads,
                    HeadWidth: headWidth),
                Norm(layer + "final_layer_norm"),
                new FeedForwardDefinition(
                    Gate: null,
                    Up: new LinearDefinition(layer + "fc1", hidden, feedForward, hasBias),
                    Down: new LinearDefinition(layer + "fc2", feedForward, hidden, hasBias),
                    Activation.Relu),
                normFirst);
        }

        NormDefinition Norm(string name) => new(name, NormKind.LayerNorm, hidden, Epsilon, isAffine);
    }
}
