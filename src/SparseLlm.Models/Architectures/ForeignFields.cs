using System.Text.Json;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Architectures;

/// <summary>
/// Fields of config.json by which other architectures compute something else than their tensors show. A model that has
/// one and is called by the name of an architecture that does not read it would be pruned against activations that it
/// never has. Every other unknown field is passed over: real files hold settings of training, generation and serving
/// without end.
/// </summary>
internal static class ForeignFields
{
    /// <summary>For each field the values, as JSON, with which it changes nothing; null is always one.</summary>
    private static readonly Dictionary<string, string[]> Harmless = new()
    {
        // Factors on the residual stream, attention scores and logits: Granite, Cohere, MiniCPM, Grok, Falcon-H1,
        // Phi-3-small.
        ["embedding_multiplier"] = ["1"],
        ["residual_multiplier"] = ["1"],
        ["attention_multiplier"] = [],
        ["lm_head_multiplier"] = ["1"],
        ["key_multiplier"] = ["1"],
        ["mlp_multipliers"] = [],
        ["attention_in_multiplier"] = ["1"],
        ["attention_out_multiplier"] = ["1"],
        ["attn_output_multiplier"] = ["1"],
        ["logits_scaling"] = ["1"],
        ["logit_scale"] = ["1"],
        ["output_multiplier_scale"] = ["1"],
        ["embedding_multiplier_scale"] = ["1"],
        ["scale_emb"] = ["1"],
        ["scale_depth"] = [],
        ["dim_model_base"] = [],
        ["residual_scale"] = ["1"],
        ["mup_use_scaling"] = ["false"],
        ["mup_attn_multiplier"] = [],
        ["mup_embedding_multiplier"] = [],
        ["mup_width_multiplier"] = [],
        ["scale_embedding"] = ["false"],
        ["normalize_embedding"] = ["false"],

        // Scores, logits and gates that are bent or clipped: Gemma, OLMo, DBRX, GPT-2, Qwen, Llama 4, gpt-oss.
        ["attn_logit_softcapping"] = [],
        ["final_logit_softcapping"] = [],
        ["query_pre_attn_scalar"] = [],
        ["clip_qkv"] = [],
        ["swiglu_limit"] = [],
        ["softmax_scale"] = [],
        ["scale_attn_weights"] = ["true"],
        ["scale_attn_by_inverse_layer_idx"] = ["false"],
        ["use_logn_attn"] = ["false"],
        ["attn_temperature_tuning"] = ["false", "0"],
        ["llama_4_scaling"] = [],
        ["use_qk_norm"] = ["false"],
        ["qk_norm"] = ["false"],
        ["qk_layernorm"] = ["false"],

        // Other positions: SmolLM3, Cohere 2, Falcon, MPT, GPT-NeoX, GPT-J, ChatGLM, Gemma 3.
        ["no_rope_layers"] = [],
        ["no_rope_layer_interval"] = [],
        ["alibi"] = ["false"],
        ["use_alibi"] = ["false"],
        ["rotary_pct"] = ["1"],
        ["rope_pct"] = ["1"],
        ["rotary_dim"] = [],
        ["rotary_emb_base"] = [],
        ["rope_ratio"] = ["1"],
        ["rope_local_base_freq"] = [],
        ["rope_interleave"] = ["false"],
        ["rope_interleaved"] = ["false"],
        ["use_dynamic_ntk"] = ["false"],
        ["use_mrope"] = ["false"],

        // Other masks: Mistral, Qwen2, Cohere 2, Llama 4, and models that embed text.
        ["sliding_window"] = [],
        ["sliding_window_pattern"] = [],
        ["_sliding_window_pattern"] = [],
        ["interleaved_sliding_window"] = [],
        ["attention_chunk_size"] = [],
        ["is_causal"] = ["true"],
        ["use_bidirectional_attention"] = ["false"],
        ["is_encoder_decoder"] = ["false"],
        ["add_cross_attention"] = ["false"],

        // Other blocks: Gemma, GPT-NeoX, Falcon, mixtures of experts, shared caches, layers that predict further
        // tokens.
        ["hidden_activation"] = ["\"silu\"", "\"swish\""],
        ["use_parallel_residual"] = ["false"],
        ["parallel_attn"] = ["false"],
        ["apply_residual_connection_post_layernorm"] = ["false"],
        ["num_experts"] = ["0"],
        ["num_local_experts"] = ["0"],
        ["n_routed_experts"] = ["0"],
        ["moe_num_experts"] = ["0"],
        ["num_kv_shared_layers"] = ["0"],
        ["num_nextn_predict_layers"] = ["0"],
    };

    /// <summary>Refuses a config with such a field that the architecture has not asked for.</summary>
    /// <exception cref="DiagnosticException">There are some.</exception>
    public static void Refuse(ModelConfig config, string architecture)
    {
        string[] found = [.. config.Unread.Where(ChangesTheModel).Select(field => field.Name).Distinct()];
        if (found.Length > 0)
        {
            throw config.Error(
                ModelDiagnostics.UnsupportedConfig,
                $"{string.Join(", ", found)}: {(found.Length == 1 ? "this field belongs" : "these fields belong")} to "
                + $"another architecture and " +
                $"would not be computed in a {architecture}");
        }
    }

    private static bool ChangesTheModel(JsonProperty field) =>
        Harmless.TryGetValue(field.Name, out string[]? values) && !values.Any(value => IsEqual(field.Value, value));

    private static bool IsEqual(JsonElement element, string json)
        => JsonElement.DeepEquals(element, JsonElement.Parse(json));
}
