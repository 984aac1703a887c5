using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>
/// How a family of models is written into GGUF: what llama.cpp calls it, which tensors it reads for it and in which
/// form, and what it takes for granted. The rest follows from the model's definition.
/// </summary>
/// <param name="Name">The value of <c>general.architecture</c>.</param>
/// <param name="Tensors">The tensors of a decoder layer that it reads, without <c>blk.N.</c> and
/// <c>.weight</c>.</param>
/// <param name="Activation">The nonlinearity that it computes.</param>
internal sealed record GgufDialect(string Name, IReadOnlyList<string> Tensors, Nonlinearity Activation)
{
    /// <summary>What layers like Llama's are made of.</summary>
    public static IReadOnlyList<string> Plain { get; }
        = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down"];

    /// <summary>What layers with experts have in the place of a feed-forward block.</summary>
    public static IReadOnlyList<string> Experts { get; }
        = ["ffn_gate_inp", "ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"];

    /// <summary>The tensors, norms and the output table among them, that may have a bias.</summary>
    public IReadOnlyList<string> Biases { get; init; } = [];

    /// <summary>Those that must have one: where the model has none, zeros are written.</summary>
    public IReadOnlyList<string> RequiredBiases { get; init; } = [];

    /// <summary>Which channels of a head it turns together. Queries and keys of a model that pairs others are
    /// reordered.</summary>
    public RotaryPairing Pairing { get; init; }

    /// <summary>Whether it reads q, k and v from one tensor, one behind the other.</summary>
    public bool FusesQueryKeyValue { get; init; }

    /// <summary>Whether it reads gate and up from one tensor, one behind the other.</summary>
    public bool FusesGateUp { get; init; }

    /// <summary>What it calls the norm before attention.</summary>
    public string AttentionNorm { get; init; } = "attn_norm";

    /// <summary>What it calls the norm before the feed-forward block.</summary>
    public string FeedForwardNorm { get; init; } = "ffn_norm";

    /// <summary>Where it takes the output table from.</summary>
    public GgufHead Head { get; init; }

    /// <summary>How it wires the blocks of a layer; null where a key says it.</summary>
    public Wiring? Wiring { get; init; } = Definitions.Wiring.Sequential;

    /// <summary>The period p of layers with a window: it takes the last of every p to see everything. 0 where it knows
    /// no windows.</summary>
    public int WindowPeriod { get; init; }

    /// <summary>The period of layers that do not turn: the last of every p. 0 where all turn.</summary>
    public int UnturnedPeriod { get; init; }

    /// <summary>Whether it turns in layers with a window only.</summary>
    public bool TurnsInWindowsOnly { get; init; }

    /// <summary>Whether layers with a window may turn by other frequencies.</summary>
    public bool HasWindowFrequencies { get; init; }

    /// <summary>Whether it reads factors of the frequencies of all layers from a tensor.</summary>
    public bool HasFrequencyFactors { get; init; }

    /// <summary>Whether it reads such factors for short and for long texts (LongRoPE).</summary>
    public bool HasLongFactors { get; init; }

    /// <summary>What it does to the vectors of the token table.</summary>
    public GgufScale EmbeddingScale { get; init; }

    /// <summary>What it does to logits.</summary>
    public GgufScale LogitScale { get; init; }

    /// <summary>Whether it reads factors of attention scores and of what blocks add to the residual stream.</summary>
    public bool HasMultipliers { get; init; }

    /// <summary>Whether it caps attention scores and logits.</summary>
    public bool HasCaps { get; init; }

    /// <summary>The number of layers by which it takes a model for one whose scores are divided by the root of hidden
    /// size over heads (Gemma 27B).</summary>
    public int LayersScaledByHidden { get; init; }

    /// <summary>The fewest layers with which it reads norms of queries and keys that it may lack.</summary>
    public int LayersWithQueryKeyNorms { get; init; }

    /// <summary>Whether it reads the width of experts from a key of their own.</summary>
    public bool HasExpertWidth { get; init; }

    /// <summary>The factor of attention scores that it computes with where no key says another.</summary>
    public double AttentionScale(ModelDefinition model, AttentionDefinition attention) =>
        1 / Math.Sqrt(
            LayersScaledByHidden == model.Layers.Count ? model.HiddenSize / attention.Heads : attention.HeadWidth);
}

/// <summary>Where a runtime takes the output table from.</summary>
internal enum GgufHead
{
    /// <summary>From a tensor of its own, or from the token table where there is none.</summary>
    OwnOrTied,

    /// <summary>From a tensor of its own; a tied table is written twice.</summary>
    Own,

    /// <summary>From the token table.</summary>
    Tied,
}

/// <summary>What a runtime multiplies by.</summary>
internal enum GgufScale
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>By the value of a key.</summary>
    Multiplied,

    /// <summary>By one over the value of a key.</summary>
    Divided,

    /// <summary>By the root of the hidden size.</summary>
    ByWidth,
}
