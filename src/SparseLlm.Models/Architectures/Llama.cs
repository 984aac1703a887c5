using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>
/// Llama 1 to 3 (Touvron et al. 2023, arXiv 2302.13971). Most families of decoders are Llama but for details: they
/// derive from it and say what is different, in what they read or in what they make of it.
/// </summary>
internal class Llama : Architecture
{
    /// <inheritdoc/>
    public override string Name => "LlamaForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <summary>Whether the head is the embedding where the config does not say.</summary>
    protected virtual bool TiesByDefault => false;

    /// <summary>Whether the logits have a bias.</summary>
    protected virtual bool HasHeadBias => false;

    /// <summary>What config.json need not say about the rotary embedding.</summary>
    protected virtual RotaryStyle RotaryStyle { get; } = new();

    /// <summary>The name of the final norm.</summary>
    protected virtual string FinalNorm => "norm";

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        TensorNames names = TensorNames.Find(hasTensor, "embed_tokens.weight", "lm_head.weight", "model.", "");
        int vocabulary = config.Count("vocab_size");
        DecoderShape shape = ReadShape(config, hasTensor, names.Root);
        TensorShape tokens = new(names.Root + "embed_tokens.weight", vocabulary, shape.Hidden);
        return new ModelDefinition(
            Name,
            vocabulary,
            shape.Hidden,
            config.Count("max_position_embeddings"),
            new EmbeddingDefinition(tokens),
            [.. Enumerable.Range(0, shape.Windows.Count).Select(layer => Layer(shape, layer))],
            new HeadDefinition(
                Norm(shape, names.Root + FinalNorm, shape.Hidden),
                Projection: null,
                OutputTable(config, tokens, names.Head, TiesByDefault))
            {
                Bias = HasHeadBias ? TensorSlice.Vector(names.HeadBias, vocabulary) : null,
            });
    }

    private DecoderShape ReadShape(ModelConfig config, Func<string, bool> hasTensor, string root)
    {
        int heads = config.Width("num_attention_heads");
        int keyValueHeads = config.Width("num_key_value_heads", defaultValue: heads);
        int headWidth = ReadHeadWidth(config);
        IReadOnlyList<int> windows = ReadWindows(config, config.LayerCount());
        RequireHeads(config, heads, keyValueHeads, headWidth);
        return new DecoderShape(
            config,
            hasTensor,
            root,
            config.Width("hidden_size"),
            heads,
            keyValueHeads,
            headWidth,
            config.Width("intermediate_size"),
            (float)ReadEpsilon(config),
            ReadActivation(config),
            windows,
            ReadRotary(config, headWidth, windows));
    }

    /// <summary>Channels of a head.</summary>
    protected virtual int ReadHeadWidth(ModelConfig config) =>
        config.Has("head_dim") ? config.Width("head_dim") : config.Divide("hidden_size", "num_attention_heads");

    /// <summary>What the norms add to the variance.</summary>
    protected virtual double ReadEpsilon(ModelConfig config) => config.Positive("rms_norm_eps", defaultValue: 1e-6);

    /// <summary>The nonlinearity of the feed-forward blocks.</summary>
    protected virtual Activation ReadActivation(ModelConfig config) => config.Activation("hidden_act", "silu");

    /// <summary>How many tokens, itself included, a token can see, layer by layer.</summary>
    protected virtual IReadOnlyList<int> ReadWindows(ModelConfig config, int layers)
        => AttentionWindows.Nowhere(config, layers, Name);

    /// <summary>The rotary embedding, layer by layer.</summary>
    protected virtual IReadOnlyList<RotaryDefinition?> ReadRotary(
        ModelConfig config,
        int headWidth,
        IReadOnlyList<int> windows) =>
        [.. Enumerable.Repeat(Rotary.Define(config, headWidth, RotaryStyle), windows.Count)];

    /// <summary>Whether the query, key and value projections have a bias.</summary>
    protected virtual bool HasQueryKeyValueBias(ModelConfig config)
        => config.Flag("attention_bias", defaultValue: false);

    /// <summary>Whether the output projection of attention has a bias.</summary>
    protected virtual bool HasOutputBias(ModelConfig config) => config.Flag("attention_bias", defaultValue: false);

    /// <summary>A norm of groups of <paramref name="width"/> channels.</summary>
    protected virtual NormDefinition Norm(DecoderShape shape, string name, int width)
        => NormDefinition.RmsNorm(name, width, shape.Epsilon);

    /// <summary>A layer: its blocks, their norms and their wiring.</summary>
    protected virtual LayerDefinition Layer(DecoderShape shape, int index) => new(
        index,
        [
            new(Attention(shape, index))
            {
                InputNorm = Norm(shape, shape.Layer(index) + "input_layernorm", shape.Hidden)
            },
            new(FeedForward(shape, index))
            {
                InputNorm = Norm(shape, shape.Layer(index) + "post_attention_layernorm", shape.Hidden)
            },
        ]);

    /// <summary>A layer's attention.</summary>
    protected virtual AttentionDefinition Attention(DecoderShape shape, int index)
    {
        string prefix = shape.Attention(index);
        bool hasBias = HasQueryKeyValueBias(shape.Config);
        return new AttentionDefinition(
            Query: new LinearDefinition(prefix + "q_proj", shape.Hidden, shape.QueryWidth, hasBias),
            Key: new LinearDefinition(prefix + "k_proj", shape.Hidden, shape.KeyWidth, hasBias),
            Value: new LinearDefinition(prefix + "v_proj", shape.Hidden, shape.KeyWidth, hasBias),
            Output: new LinearDefinition(
                prefix + "o_proj",
                shape.QueryWidth,
                shape.Hidden,
                HasOutputBias(shape.Config)),
            shape.Heads,
            shape.KeyValueHeads,
            shape.HeadWidth)
        {
            Rotary = shape.Rotary[index],
            Window = shape.Windows[index],
        };
    }

    /// <summary>A layer's feed-forward block, or its experts.</summary>
    protected virtual MixerDefinition FeedForward(DecoderShape shape, int index)
    {
        string prefix = shape.Layer(index) + "mlp.";
        bool hasBias = shape.Config.Flag("mlp_bias", defaultValue: false);
        return new FeedForwardDefinition(
            shape.Activation,
            Gate: new LinearDefinition(prefix + "gate_proj", shape.Hidden, shape.FeedForwardWidth, hasBias),
            Up: new LinearDefinition(prefix + "up_proj", shape.Hidden, shape.FeedForwardWidth, hasBias),
            Down: new LinearDefinition(prefix + "down_proj", shape.FeedForwardWidth, shape.Hidden, hasBias));
    }
}
