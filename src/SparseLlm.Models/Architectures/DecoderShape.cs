using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>What a config says about every decoder layer of a model that is shaped like LLaMA.</summary>
/// <param name="Config">The config, for what only some families have.</param>
/// <param name="HasTensor">Whether the checkpoint has a tensor of that name.</param>
/// <param name="Root">What the names of the layers begin with.</param>
/// <param name="Hidden">Channels of the residual stream.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key-value heads.</param>
/// <param name="HeadWidth">Channels of a head.</param>
/// <param name="FeedForwardWidth">Channels inside a feed-forward block.</param>
/// <param name="Epsilon">What the norms add to the variance.</param>
/// <param name="Activation">The nonlinearity of the feed-forward blocks.</param>
/// <param name="Windows">How many tokens a token can see, layer by layer.</param>
/// <param name="Rotary">The rotary embedding, layer by layer.</param>
internal sealed record DecoderShape(
    ModelConfig Config,
    Func<string, bool> HasTensor,
    string Root,
    int Hidden,
    int Heads,
    int KeyValueHeads,
    int HeadWidth,
    int FeedForwardWidth,
    float Epsilon,
    Activation Activation,
    IReadOnlyList<int> Windows,
    IReadOnlyList<RotaryDefinition?> Rotary)
{
    /// <summary>Channels of all queries.</summary>
    public int QueryWidth => Heads * HeadWidth;

    /// <summary>Channels of all keys, and of all values.</summary>
    public int KeyWidth => KeyValueHeads * HeadWidth;

    /// <summary>What the names of a layer begin with.</summary>
    public string Layer(int index) => $"{Root}layers.{index}.";

    /// <summary>What the names of a layer's attention begin with.</summary>
    public string Attention(int index) => Layer(index) + "self_attn.";
}
