using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>The families that llama.cpp knows, by the name of their architecture in config.json. One that is not here
/// cannot be exported.</summary>
internal static class GgufDialects
{
    private static readonly string[] QueryKeyValue = ["attn_q", "attn_k", "attn_v"];
    private static readonly string[] QueryKeyNorms = ["attn_q_norm", "attn_k_norm"];
    private static readonly string[] OutputNorms = ["post_attention_norm", "post_ffw_norm"];
    private static readonly string[] LayerNorms = ["attn_norm", "ffn_norm", "output_norm"];
    private static readonly string[] WithoutGate = [.. GgufDialect.Plain.Except(["ffn_gate"])];
    private static readonly string[] Fused = ["attn_norm", "attn_qkv", "attn_output", "ffn_norm", "ffn_up", "ffn_down"];

    private static readonly GgufDialect Llama = new(
        "llama",
        [.. GgufDialect.Plain, .. GgufDialect.Experts],
        Nonlinearity.Silu)
    {
        Biases = [.. QueryKeyValue, "attn_output", "ffn_gate", "ffn_up", "ffn_down"],
        Pairing = RotaryPairing.Interleaved,
        HasFrequencyFactors = true,
    };

    private static readonly GgufDialect Qwen3 = new(
        "qwen3",
        [.. GgufDialect.Plain, .. QueryKeyNorms],
        Nonlinearity.Silu);

    private static readonly GgufDialect Gemma = new("gemma", GgufDialect.Plain, Nonlinearity.GeluTanh)
    {
        Head = GgufHead.Tied,
        EmbeddingScale = GgufScale.ByWidth
    };

    private static readonly GgufDialect Gemma2 = Gemma with
    {
        Name = "gemma2",
        Tensors = [.. GgufDialect.Plain, .. OutputNorms],
        WindowPeriod = 2,
        HasCaps = true,
        LayersScaledByHidden = 46,
    };

    private static readonly GgufDialect CommandR = new(
        "command-r",
        [.. GgufDialect.Plain.Except(["ffn_norm"]), .. QueryKeyNorms],
        Nonlinearity.Silu)
    {
        Pairing = RotaryPairing.Interleaved,
        Head = GgufHead.Tied,
        Wiring = Wiring.Parallel,
        LogitScale = GgufScale.Multiplied,
        LayersWithQueryKeyNorms = 64,
    };

    private static readonly Dictionary<string, GgufDialect> ByArchitecture = new()
    {
        ["LlamaForCausalLM"] = Llama,
        ["MistralForCausalLM"] = Llama,
        ["MixtralForCausalLM"] = Llama,
        ["SmolLM3ForCausalLM"] = Llama with
        {
            Name = "smollm3",
            Tensors = GgufDialect
            .Plain,
            Biases = QueryKeyValue,
            HasFrequencyFactors = false,
            UnturnedPeriod = 4
        },
        ["GraniteForCausalLM"] = Llama with
        {
            Name = "granite",
            Tensors = GgufDialect
                .Plain,
            EmbeddingScale = GgufScale.Multiplied,
            LogitScale = GgufScale.Divided,
            HasMultipliers = true,
        },
        ["Qwen2ForCausalLM"] = new("qwen2", GgufDialect.Plain, Nonlinearity.Silu) { RequiredBiases = QueryKeyValue },
        ["Qwen3ForCausalLM"] = Qwen3,
        ["Qwen3MoeForCausalLM"] = Qwen3 with
        {
            Name = "qwen3moe",
            Tensors = [.. GgufDialect.Plain.Except(["ffn_gate", "ffn_up", "ffn_down"]), .. QueryKeyNorms, .. GgufDialect
                .Experts],
            HasExpertWidth = true,
        },
        ["GemmaForCausalLM"] = Gemma,
        ["Gemma2ForCausalLM"] = Gemma2,
        ["Gemma3ForCausalLM"] = Gemma2 with
        {
            Name = "gemma3",
            Tensors = [.. GgufDialect.Plain, .. QueryKeyNorms, .. OutputNorms],
            Head = GgufHead.OwnOrTied,
            WindowPeriod = 6,
            HasWindowFrequencies = true,
            HasCaps = false,
            LayersScaledByHidden = 62,
        },
        ["Olmo2ForCausalLM"] = new(
            "olmo2",
            [.. GgufDialect.Plain.Except(["attn_norm", "ffn_norm"]), .. QueryKeyNorms, .. OutputNorms],
            Nonlinearity.Silu)
        { Head = GgufHead.Own },
        ["CohereForCausalLM"] = CommandR,
        ["Cohere2ForCausalLM"] = CommandR with
        {
            Name = "cohere2",
            Tensors = [.. GgufDialect.Plain
                .Except(["ffn_norm"])],
            WindowPeriod = 4,
            TurnsInWindowsOnly = true,
        },
        ["StableLmForCausalLM"] = new("stablelm", [.. GgufDialect.Plain, .. QueryKeyNorms], Nonlinearity.Silu)
        {
            Biases = [.. QueryKeyValue, .. LayerNorms],
            Head = GgufHead.Own,
            Wiring = null,
        },
        ["Phi3ForCausalLM"] = new("phi3", Fused, Nonlinearity.Silu)
        {
            FusesQueryKeyValue = true,
            FusesGateUp = true,
            HasLongFactors = true
        },
        ["PhiForCausalLM"] = new("phi2", [.. WithoutGate.Except(["ffn_norm"])], Nonlinearity.GeluTanh)
        {
            RequiredBiases = [.. QueryKeyValue, "attn_output", "ffn_up", "ffn_down", "attn_norm", "output_norm",
                "output"],
            Head = GgufHead.Own,
            Wiring = Wiring.Parallel,
        },
        ["Starcoder2ForCausalLM"] = new("starcoder2", WithoutGate, Nonlinearity.GeluTanh)
        {
            RequiredBiases = [.. QueryKeyValue, "attn_output", "ffn_up", "ffn_down", .. LayerNorms]
        },
        ["GPT2LMHeadModel"] = new("gpt2", Fused, Nonlinearity.GeluTanh)
        {
            RequiredBiases = ["attn_qkv", "attn_output", "ffn_up", "ffn_down", .. LayerNorms],
            FusesQueryKeyValue = true,
        },
        ["GPTNeoXForCausalLM"] = new("gptneox", Fused, Nonlinearity.GeluTanh)
        {
            RequiredBiases = ["attn_qkv", "attn_output", "ffn_up", "ffn_down", .. LayerNorms],
            FusesQueryKeyValue = true,
            Head = GgufHead.Own,
            Wiring = null,
        },
        ["FalconForCausalLM"] = new(
            "falcon",
            ["attn_norm", "attn_norm_2", "attn_qkv", "attn_output", "ffn_up", "ffn_down"],
            Nonlinearity.GeluTanh)
        {
            Biases = ["attn_norm_2"],
            RequiredBiases = ["attn_norm", "output_norm"],
            FusesQueryKeyValue = true,
            AttentionNorm = "attn_norm_2",
            FeedForwardNorm = "attn_norm",
            Wiring = Wiring.Parallel,
        },
        [
            "GptOssForCausalLM"] = new("gpt-oss", ["attn_norm", "post_attention_norm", "attn_q", "attn_k", "attn_v",
                "attn_output", "attn_sinks", .. GgufDialect.Experts], Nonlinearity.ClampedSwish)
            {
                Biases = QueryKeyValue,
                RequiredBiases = ["attn_output", .. GgufDialect.Experts],
                FeedForwardNorm = "post_attention_norm",
                Head = GgufHead.Own,
                WindowPeriod = 2,
                HasExpertWidth = true,
            },
    };

    /// <summary>How models of an architecture are written; null where llama.cpp does not know them.</summary>
    public static GgufDialect? Of(string architecture) => ByArchitecture.GetValueOrDefault(architecture);
}
