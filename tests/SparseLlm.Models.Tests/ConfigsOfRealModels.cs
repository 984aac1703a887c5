using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests;

/// <summary>
/// The fields that config.json of well-known models has, with tiny sizes: none of them may be taken for a field of
/// another architecture.
/// </summary>
public sealed class ConfigsOfRealModels : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]

    // Llama 2, as it was first published and in a fine-tuned copy.
    [InlineData(
        """
        {"_name_or_path": "llama", "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "initializer_range": 0.02, "max_length": 4096,
         "pretraining_tp": 2, "rope_scaling": null, "tie_word_embeddings": false, "torch_dtype": "float16", "transformers_version": "4.31.0.dev0",
         "use_cache": true, "max_sequence_length": 2048, "unsloth_version": "2024.9", "neftune_noise_alpha": 5, "num_labels": 2,
         "id2label": {"0": "LABEL_0"}, "output_attentions": false, "is_encoder_decoder": false, "add_cross_attention": false,
         "auto_map": {"AutoModelForCausalLM": "modeling.LlamaForCausalLM"}, "use_flashattn": true, "log_scale": false}
        """)]

    // Llama 3.2.
    [InlineData(
        """
        {"attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 128000, "eos_token_id": [128001, 128008], "head_dim": 4, "mlp_bias": false,
         "num_key_value_heads": 2, "pretraining_tp": 1, "rope_theta": 500000.0, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
         "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"}}
        """)]

    // Llama 3.1 as transformers 5 writes it.
    [InlineData(
        """
        {"dtype": "bfloat16", "pad_token_id": null, "transformers_version": "5.0.0", "rope_parameters": {"factor": 8.0, "high_freq_factor": 4.0,
         "low_freq_factor": 1.0, "original_max_position_embeddings": 8192, "rope_theta": 500000.0, "rope_type": "llama3"}}
        """)]

    // Mistral 0.1, 0.2 and Nemo.
    [InlineData("""{"architectures": ["MistralForCausalLM"], "model_type": "mistral", "sliding_window": 4096, "rope_theta": 10000.0, "attention_dropout": 0.0}""")]
    [InlineData("""{"architectures": ["MistralForCausalLM"], "model_type": "mistral", "sliding_window": null, "rope_theta": 1000000.0}""")]
    [InlineData("""{"architectures": ["MistralForCausalLM"], "model_type": "mistral", "sliding_window": null, "head_dim": 8, "num_key_value_heads": 2}""")]

    // Qwen 2, 2.5 and 2.5 with long windows, and as newer versions of transformers write it.
    [InlineData(
        """
        {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "max_window_layers": 28, "rope_theta": 1000000.0, "sliding_window": 131072,
         "use_mrope": false, "use_sliding_window": false, "tie_word_embeddings": true}
        """)]
    [InlineData(
        """
        {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "max_window_layers": 28, "sliding_window": 32768, "use_sliding_window": false,
         "dual_chunk_attention_config": {"chunk_size": 262144, "local_size": 8192, "original_max_position_embeddings": 262144}, "rope_theta": 10000000.0}
        """)]
    [InlineData(
        """
        {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "layer_types": ["full_attention", "full_attention", "full_attention"],
         "max_window_layers": 0, "sliding_window": null, "use_sliding_window": false, "dtype": "bfloat16"}
        """)]
    public void Llama_mistral_and_qwen_are_read(string config)
    {
        TinyModel.Llama(config).Write(directory.Path);
        Should.NotThrow(() => DecoderModel.ReadDefinition(directory.Path));
    }

    [Theory]
    [InlineData(
        """
        {"_name_or_path": "facebook/opt", "_remove_final_layer_norm": false, "activation_dropout": 0.0, "attention_dropout": 0.0, "bos_token_id": 2,
         "do_layer_norm_before": true, "dropout": 0.1, "eos_token_id": 2, "init_std": 0.02, "layerdrop": 0.0, "output_projection": true, "pad_token_id": 1,
         "prefix": "</s>", "torch_dtype": "float16", "transformers_version": "4.21.0.dev0", "use_cache": true, "word_embed_proj_dim": 16}
        """)]
    [InlineData("""{"do_layer_norm_before": false, "word_embed_proj_dim": 8, "enable_bias": true, "layer_norm_elementwise_affine": true}""")]
    public void Opt_is_read(string config)
    {
        TinyModel tiny = TinyModel.Opt(config);

        // The published weights have a head of their own, equal to the embedding.
        tiny.Tensors["lm_head.weight"] = tiny.Tensors["model.decoder.embed_tokens.weight"];
        tiny.Write(directory.Path);
        Should.NotThrow(() => DecoderModel.ReadDefinition(directory.Path));
    }

    // Pythia, Falcon 7B, StableLM 3B, GPT-J, gpt-oss and Command R7B: what their files have beside the sizes.
    [Theory]
    [InlineData("gpt_neox", """{"partial_rotary_factor": null, "rope_theta": null, "rotary_pct": 0.25, "rotary_emb_base": 10000, "use_parallel_residual": true}""")]
    [InlineData("falcon", """{"apply_residual_connection_post_layernorm": false, "max_position_embeddings": null, "ffn_hidden_size": 192, "rope_theta": null}""")]
    [InlineData(
        "stablelm",
        """{"rope_pct": 0.25, "rotary_scaling_factor": 1.0, "norm_eps": 1e-5, "use_flash_attention": true}""")]
    [InlineData(
        "gptj",
        """{"rotary": true, "n_ctx": 64, "scale_attn_weights": true, "gradient_checkpointing": false}""")]
    [InlineData("gpt_oss", """{"swiglu_limit": 7.0, "experts_per_token": 2, "initial_context_length": 200}""")]
    [InlineData("cohere2", """{"rotary_pct": 1.0, "position_embedding_type": "rope_gptj", "use_parallel_block": true, "order_of_interleaved_layers": "local_attn_first"}""")]
    public void Other_families_are_read(string family, string config)
    {
        TinyModel.Family(family, config).Write(directory.Path);
        Should.NotThrow(() => DecoderModel.ReadDefinition(directory.Path));
    }

    [Fact]
    public void Numbers_that_only_Python_knows_disturb_nobody_in_fields_that_nobody_reads()
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Write(directory.Path);
        string json = tiny.Config.ToJsonString();
        File.WriteAllText(
            directory["config.json"],
            "\uFEFF" + json[..^1] + ", \"time_step_limit\": [0.0, Infinity], \"x\": NaN}");
        Should.NotThrow(() => DecoderModel.ReadDefinition(directory.Path));
    }

    [Fact]
    public void Numbers_that_only_Python_knows_are_an_error_in_fields_that_matter()
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Write(directory.Path);
        File.WriteAllText(directory["config.json"], tiny.Config.ToJsonString().Replace("1e-5", "Infinity"));
        Action opening = () => DecoderModel.ReadDefinition(directory.Path);
        opening.ShouldFailWith(ModelDiagnostics.MalformedConfig).Message.ShouldContain("it must be a number above 0");
    }

    [Theory]
    [InlineData("\"hidden_size\": \"\\ud800\"", "half of a surrogate pair")]
    [InlineData("\"\\udc00\": 1", "half of a surrogate pair")]
    [InlineData("\"hidden_size\": 16,,", "cannot be read as JSON")]
    public void Mistake_in_config_is_an_error_at_its_place(string field, string problem)
    {
        TinyModel.Llama().Write(directory.Path);
        File.WriteAllText(directory["config.json"], $"{{\n  \"vocab_size\": 29,\n  {field}\n}}");
        Action opening = () => DecoderModel.ReadDefinition(directory.Path);
        Diagnostics.Diagnostic diagnostic = opening.ShouldFailWith(ModelDiagnostics.MalformedConfig);
        diagnostic.Message.ShouldContain(problem);
        diagnostic.Message.ShouldNotContain("download");
        diagnostic.Location!.Line.ShouldBe(3);
        diagnostic.Location.Column.ShouldBeGreaterThan(2);
    }

    [Fact]
    public void Config_that_is_not_UTF8_is_an_error_at_its_place()
    {
        TinyModel.Llama().Write(directory.Path);
        File.WriteAllBytes(directory["config.json"], [.. "{\"a\":\n \""u8, 0xFF, .. "\"}"u8]);
        Action opening = () => DecoderModel.ReadDefinition(directory.Path);
        Diagnostics.Diagnostic diagnostic = opening.ShouldFailWith(ModelDiagnostics.MalformedConfig);
        (diagnostic.Location!.Line, diagnostic.Location.Column).ShouldBe((2, 3));
    }
}
