namespace SparseLlm.Benchmarks.Runtime.Models;

/// <summary>The widths of a published model.</summary>
internal sealed record ModelShape(
    string Name, string Architecture, string ModelType, int Layers, int Hidden, int FeedForward, int Heads,
    int KeyValueHeads, int HeadWidth, int Vocabulary, bool IsTied, bool HasHeadNorms)
{
    /// <summary>TinyLlama-1.1B (Zhang et al. 2024).</summary>
    public static ModelShape TinyLlama { get; } = new(
        "TinyLlama-1.1B",
        "LlamaForCausalLM",
        "llama",
        22,
        2048,
        5632,
        32,
        4,
        64,
        32000,
        IsTied: false,
        HasHeadNorms: false);

    /// <summary>Qwen3-0.6B (Qwen team 2025).</summary>
    public static ModelShape Qwen3 { get; } = new(
        "Qwen3-0.6B",
        "Qwen3ForCausalLM",
        "qwen3",
        28,
        1024,
        3072,
        16,
        8,
        128,
        151936,
        IsTied: true,
        HasHeadNorms: true);

    /// <summary>All.</summary>
    public static IReadOnlyList<ModelShape> All { get; } = [TinyLlama, Qwen3];

    /// <summary>The shape of a name.</summary>
    public static ModelShape Named(string name) => All.Single(shape => shape.Name == name);

    /// <summary>Fewer layers, for a short run.</summary>
    public ModelShape WithLayers(int layers) => this with { Layers = layers };

    /// <summary>Every tensor, with its dimensions.</summary>
    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Hidden]);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            yield return ($"{prefix}input_layernorm.weight", [Hidden]);
            yield return ($"{prefix}self_attn.q_proj.weight", [Heads * HeadWidth, Hidden]);
            yield return ($"{prefix}self_attn.k_proj.weight", [KeyValueHeads * HeadWidth, Hidden]);
            yield return ($"{prefix}self_attn.v_proj.weight", [KeyValueHeads * HeadWidth, Hidden]);
            yield return ($"{prefix}self_attn.o_proj.weight", [Hidden, Heads * HeadWidth]);
            if (HasHeadNorms)
            {
                yield return ($"{prefix}self_attn.q_norm.weight", [HeadWidth]);
                yield return ($"{prefix}self_attn.k_norm.weight", [HeadWidth]);
            }

            yield return ($"{prefix}post_attention_layernorm.weight", [Hidden]);
            yield return ($"{prefix}mlp.gate_proj.weight", [FeedForward, Hidden]);
            yield return ($"{prefix}mlp.up_proj.weight", [FeedForward, Hidden]);
            yield return ($"{prefix}mlp.down_proj.weight", [Hidden, FeedForward]);
        }

        yield return ("model.norm.weight", [Hidden]);
        if (!IsTied)
        {
            yield return ("lm_head.weight", [Vocabulary, Hidden]);
        }
    }

    /// <summary>What config.json says.</summary>
    public Dictionary<string, object> Config() => new()
    {
        ["architectures"] = (string[])[Architecture],
        ["model_type"] = ModelType,
        ["hidden_act"] = "silu",
        ["hidden_size"] = Hidden,
        ["intermediate_size"] = FeedForward,
        ["num_hidden_layers"] = Layers,
        ["num_attention_heads"] = Heads,
        ["num_key_value_heads"] = KeyValueHeads,
        ["head_dim"] = HeadWidth,
        ["vocab_size"] = Vocabulary,
        ["max_position_embeddings"] = 2048,
        ["rms_norm_eps"] = 1e-5,
        ["tie_word_embeddings"] = IsTied,
        ["torch_dtype"] = "bfloat16",
    };
}
