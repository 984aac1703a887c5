using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Llama 1 to 3 (Touvron et al. 2023, arXiv 2302.13971), and what differs from it in details.</summary>
public class Llama : Architecture
{
    /// <inheritdoc/>
    public override string Name => "LlamaForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        int vocabulary = config.Count("vocab_size");
        int hidden = config.Width("hidden_size");
        int heads = config.Width("num_attention_heads");
        int keyValueHeads = config.Width("num_key_value_heads", defaultValue: heads);
        int headWidth = config.Has("head_dim") ? config.Width("head_dim") : config.Divide("hidden_size", "num_attention_heads");
        int feedForward = config.Width("intermediate_size");
        int maximumLength = config.Count("max_position_embeddings");
        float epsilon = (float)config.Positive("rms_norm_eps", defaultValue: 1e-6);
        RotaryDefinition rotary = Rotary.Define(config, headWidth);
        bool queryKeyValueBias = HasQueryKeyValueBias(config);
        bool outputBias = HasOutputBias(config);
        bool mlpBias = config.Flag("mlp_bias", defaultValue: false);
        config.Require("hidden_act", config.Text("hidden_act", defaultValue: "silu"), "silu", "swish");
        if (heads % keyValueHeads != 0)
        {
            throw config.Invalid("num_key_value_heads", $"{keyValueHeads} does not divide num_attention_heads, {heads}");
        }

        if (Math.BigMul(heads, headWidth) > int.MaxValue)
        {
            throw config.Invalid("num_attention_heads", $"{heads} heads of {headWidth} channels are more than any model has");
        }

        string root = FindPrefix(hasTensor, "embed_tokens.weight", "model.", "");
        TensorShape tokens = new(root + "embed_tokens.weight", vocabulary, hidden);
        HeadDefinition head = new(
            Norm(root + "norm"),
            Projection: null,
            Tokens: config.Flag("tie_word_embeddings", defaultValue: false)
                ? tokens
                : new TensorShape("lm_head.weight", vocabulary, hidden));
        LayerDefinition[] layers = [.. Windows(config, config.LayerCount()).Select(Layer)];
        return new ModelDefinition(Name, vocabulary, hidden, maximumLength, new EmbeddingDefinition(tokens), layers, head);

        LayerDefinition Layer(int window, int index)
        {
            string layer = $"{root}layers.{index}.";
            int queryWidth = heads * headWidth;
            int keyWidth = keyValueHeads * headWidth;
            return new LayerDefinition(
                index,
                Norm(layer + "input_layernorm"),
                new AttentionDefinition(
                    Query: new LinearDefinition(layer + "self_attn.q_proj", hidden, queryWidth, queryKeyValueBias),
                    Key: new LinearDefinition(layer + "self_attn.k_proj", hidden, keyWidth, queryKeyValueBias),
                    Value: new LinearDefinition(layer + "self_attn.v_proj", hidden, keyWidth, queryKeyValueBias),
                    Output: new LinearDefinition(layer + "self_attn.o_proj", queryWidth, hidden, outputBias),
                    heads,
                    keyValueHeads,
                    headWidth,
                    rotary,
                    window),
                Norm(layer + "post_attention_layernorm"),
                new FeedForwardDefinition(
                    Gate: new LinearDefinition(layer + "mlp.gate_proj", hidden, feedForward, mlpBias),
                    Up: new LinearDefinition(layer + "mlp.up_proj", hidden, feedForward, mlpBias),
                    Down: new LinearDefinition(layer + "mlp.down_proj", feedForward, hidden, mlpBias),
                    Activation.SwiGlu));
        }

        NormDefinition Norm(string name) => new(name, NormKind.RmsNorm, hidden, epsilon);
    }

    /// <summary>Whether the query, key and value projections have a bias.</summary>
    protected virtual bool HasQueryKeyValueBias(ModelConfig config) => config.Flag("attention_bias", defaultValue: false);

    /// <summary>Whether the output projection of attention has a bias.</summary>
    protected virtual bool HasOutputBias(ModelConfig config) => config.Flag("attention_bias", defaultValue: false);

    /// <summary>How many tokens, itself included, a token can see, layer by layer.</summary>
    protected virtual IEnumerable<int> Windows(ModelConfig config, int layers) =>
        AttentionTypes.Of(config, layers) is { } types && types.Contains(AttentionTypes.Sliding)
            ? throw config.Unsupported(AttentionTypes.Field, $"{Name} has no layers of '{AttentionTypes.Sliding}'")
            : Enumerable.Repeat(int.MaxValue, layers);
}
