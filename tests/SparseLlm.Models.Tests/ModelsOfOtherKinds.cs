using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Support;

namespace SparseLlm.Models.Tests;

/// <summary>What is called by the name of a supported architecture and is something else must not be pruned as if it
/// were one.</summary>
public sealed class ModelsOfOtherKinds : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("self_attn.q_proj.bias")]
    [InlineData("self_attn.q_norm.weight")]
    [InlineData("post_feedforward_layernorm.weight")]
    [InlineData("mlp.experts.0.up_proj.weight")]
    public void Tensors_in_a_layer_that_config_does_not_explain_are_an_error(string name)
    {
        TinyModel tiny = TinyModel.Llama();
        for (int layer = 0; layer < 3; layer++)
        {
            tiny.Tensors[$"model.layers.{layer}.{name}"] = ([16], new float[16]);
        }

        tiny.Write(directory.Path);
        string message = Opening.ShouldFailWith(ModelDiagnostics.UnexplainedTensor).Message;
        message.ShouldContain($"'model.layers.0.{name}'");
        message.ShouldContain("a LlamaForCausalLM with this config.json does not have");
    }

    [Theory]
    [InlineData("model.embed_tokens.bias")]
    [InlineData("model.norm.bias")]
    [InlineData("lm_head.bias")]
    [InlineData("model.embed_positions.weight")]
    public void Tensors_outside_the_layers_that_config_does_not_explain_are_an_error(string name)
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Tensors[name] = ([16], new float[16]);
        tiny.Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnexplainedTensor).Message.ShouldContain($"'{name}'");
    }

    [Fact]
    public void Layers_beyond_those_of_config_are_an_error()
    {
        TinyModel tiny = TinyModel.Llama("""{"num_hidden_layers": 2}""");
        tiny.Write(directory.Path);
        string message = Opening.ShouldFailWith(ModelDiagnostics.UnexplainedTensor).Message;
        message.ShouldContain("'model.layers.2.");
        message.ShouldContain("num_hidden_layers of config.json, which is 2");
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.rotary_emb.inv_freq")]
    [InlineData("model.rotary_emb.inv_freq")]
    [InlineData("rotary_emb.inv_freq")]
    [InlineData("model.layers.0.self_attn.rotary_emb.cos_cached")]
    [InlineData("transformer.h.0.attn.masked_bias")]
    [InlineData("gpt_neox.layers.0.attention.bias")]
    [InlineData("decoder.version")]
    [InlineData("v_head.summary.weight")]
    public void Buffers_that_nothing_reads_are_passed_over(string name)
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Tensors[name] = ([4], new float[4]);
        tiny.Write(directory.Path);
        Should.NotThrow(Opening);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Head_beside_a_config_that_has_it_tied_may_only_be_the_embedding(bool isOther)
    {
        TinyModel tiny = TinyModel.Llama("""{"tie_word_embeddings": true}""");
        (long[] shape, float[] values) = tiny.Tensors["model.embed_tokens.weight"];
        tiny.Tensors["lm_head.weight"] = (shape, [.. values.Select(
            (value, index) => isOther && index == values.Length - 1 ? value + 1 : value)]);
        tiny.Write(directory.Path);
        if (isOther)
        {
            Opening.ShouldFailWith(ModelDiagnostics.UnexplainedTensor).Message.ShouldContain("tie_word_embeddings");
        }
        else
        {
            Should.NotThrow(Opening);
        }
    }

    [Theory]
    [InlineData("embedding_multiplier", "12.0")]
    [InlineData("logits_scaling", "8")]
    [InlineData("residual_multiplier", "0.22")]
    [InlineData("attention_multiplier", "0.0156")]
    [InlineData("logit_scale", "0.0625")]
    [InlineData("no_rope_layers", "[1, 0, 1]")]
    [InlineData("no_rope_layer_interval", "4")]
    [InlineData("final_logit_softcapping", "30.0")]
    [InlineData("sliding_window", "4096")]
    [InlineData("alibi", "true")]
    [InlineData("use_qk_norm", "true")]
    [InlineData("num_local_experts", "8")]
    [InlineData("hidden_activation", "\"gelu_pytorch_tanh\"")]
    [InlineData("scale_attn_weights", "false")]
    [InlineData("is_causal", "false")]
    [InlineData("swiglu_limit", "7.0")]
    public void Field_by_which_other_architectures_compute_is_an_error(string name, string value)
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Config[name] = JsonNode.Parse(value);
        tiny.Write(directory.Path);
        Diagnostic diagnostic = Opening.ShouldFailWith(ModelDiagnostics.UnsupportedConfig);
        diagnostic.Message.ShouldStartWith(name + ":");
        diagnostic.Location!.File.ShouldBe(directory["config.json"]);
    }

    [Theory]
    [InlineData("falcon", "alibi", "true")]
    [InlineData("gemma3_text", "use_bidirectional_attention", "true")]
    [InlineData("gpt2", "add_cross_attention", "true")]
    [InlineData("gpt_oss", "swiglu_limit", "6.0")]
    [InlineData("qwen3", "partial_rotary_factor", "0.5")]
    [InlineData("qwen3_moe", "use_sliding_window", "true")]
    public void Variant_of_a_family_that_is_not_computed_is_an_error(string family, string field, string value)
    {
        TinyModel tiny = TinyModel.Family(family);
        tiny.Config[field] = JsonNode.Parse(value);
        tiny.Config["sliding_window"] ??= family == "qwen3_moe" ? 8 : null;
        tiny.Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnsupportedConfig).Message.ShouldStartWith(field + ":");
    }

    [Fact]
    public void Fields_of_another_architecture_are_one_error()
    {
        TinyModel.Llama("""{"embedding_multiplier": 12.0, "logits_scaling": 8.0, "residual_multiplier": 0.22}""")
            .Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnsupportedConfig).Message
            .ShouldStartWith("embedding_multiplier, logits_scaling, residual_multiplier:");
    }

    [Fact]
    public void Fields_of_other_architectures_that_change_nothing_are_passed_over()
    {
        TinyModel.Llama(
            """
            {"embedding_multiplier": 1.0, "logit_scale": 1, "final_logit_softcapping": null, "sliding_window": null, "alibi": false,
             "scale_attn_weights": true, "is_causal": true, "attn_temperature_tuning": 0, "layer_types": ["full_attention", "full_attention", "full_attention"]}
            """).Write(directory.Path);
        Should.NotThrow(Opening);
    }

    [Theory]
    [InlineData("granite")]
    [InlineData("mistral")]
    public void Name_and_type_of_two_architectures_are_an_error(string type)
    {
        TinyModel.Llama($$"""{"model_type": "{{type}}"}""").Write(directory.Path);
        string message = Opening.ShouldFailWith(ModelDiagnostics.UnsupportedArchitecture).Message;
        message.ShouldContain("LlamaForCausalLM");
        message.ShouldContain($"'{type}'");
    }

    [Fact]
    public void Two_names_of_architectures_are_an_error()
    {
        TinyModel.Llama("""{"architectures": ["LlamaForCausalLM", "MistralForCausalLM"]}""").Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnsupportedArchitecture).Message
            .ShouldContain("two architectures, LlamaForCausalLM and MistralForCausalLM");
    }

    [Fact]
    public void Config_without_any_architecture_is_an_error()
    {
        TinyModel.Llama("""{"architectures": null, "model_type": null}""").Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnsupportedArchitecture).Message.ShouldContain("no architecture");
    }

    [Theory]
    [InlineData("quantization_config", """{"quant_method": "gptq", "bits": 4}""", "gptq")]
    [InlineData("quantization_config", """{"quant_method": "fp8"}""", "fp8")]
    [InlineData("quantization_config", """{"quant_method": "bitsandbytes", "load_in_8bit": true}""", "bitsandbytes")]
    [InlineData("quantization", """{"group_size": 64, "bits": 4}""", "quantization says")]
    public void Quantised_model_is_one_error_even_if_every_tensor_is_strange(string field, string value, string method)
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Config[field] = JsonNode.Parse(value);
        Rename(tiny, name => name.Replace("proj.weight", "proj.qweight"));
        Diagnostic diagnostic = Opening.ShouldFailWith(ModelDiagnostics.QuantizedModel);
        diagnostic.Message.ShouldContain(method);
        diagnostic.Message.ShouldContain("prune the original model");
        diagnostic.Location!.File.ShouldBe(directory["config.json"]);
    }

    [Theory]
    [InlineData("qweight", "GPTQ")]
    [InlineData("weight.absmax", "bitsandbytes")]
    [InlineData("weight.quant_state.bitsandbytes__nf4", "bitsandbytes")]
    [InlineData("SCB", "bitsandbytes")]
    [InlineData("weight_scale_inv", "FP8")]
    [InlineData("weight_packed", "compressed-tensors")]
    [InlineData("biases", "MLX")]
    public void Quantised_model_is_known_by_its_tensors_if_config_says_nothing(string part, string format)
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Tensors["model.layers.0.mlp.up_proj." + part] = ([4], new float[4]);
        tiny.Tensors.Remove("model.layers.0.mlp.up_proj.weight");
        tiny.Write(directory.Path, ElementType.I8);
        string message = Opening.ShouldFailWith(ModelDiagnostics.QuantizedModel).Message;
        message.ShouldContain(format);
        message.ShouldContain($"up_proj.{part}'");
    }

    [Theory]
    [InlineData("quantization_config", "says that the weights are quantised or compressed with mxfp4")]
    [InlineData(null, "belongs to quantised weights (MXFP4)")]
    public void Gpt_oss_in_MXFP4_is_an_error_that_says_how_to_widen_it(string? field, string problem)
    {
        TinyModel tiny = TinyModel.Family("gpt_oss");
        if (field is not null)
        {
            tiny.Config[field] = JsonNode.Parse("""{"quant_method": "mxfp4"}""");
        }

        foreach (string experts in tiny.Tensors.Keys.Where(name => name.EndsWith("_proj", StringComparison.Ordinal))
            .ToArray())
        {
            tiny.Tensors.Remove(experts);
            tiny.Tensors[experts + "_blocks"] = ([1], [0]);
            tiny.Tensors[experts + "_scales"] = ([1], [0]);
        }

        tiny.Write(directory.Path);
        string message = Opening.ShouldFailWith(ModelDiagnostics.QuantizedModel).Message;
        message.ShouldContain(problem);
        message.ShouldContain("dequantize=True");
    }

    [Theory]
    [InlineData("base_model.model.", "merge_and_unload")]
    [InlineData("module.", "DistributedDataParallel")]
    [InlineData("_orig_mod.", "torch.compile")]
    [InlineData("module._orig_mod.", "torch.compile")]
    [InlineData("thinker.", "'model.embed_tokens.weight' inside another model")]
    public void Model_saved_with_something_around_it_is_one_error(string prefix, string remedy)
    {
        Rename(TinyModel.Llama(), name => prefix + name);
        Opening.ShouldFailWith(ModelDiagnostics.WrappedModel).Message.ShouldContain(remedy);
    }

    [Fact]
    public void Adapter_that_was_not_merged_is_told_by_its_tensors()
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Weight("model.layers.0.self_attn.q_proj.lora_A.default", 2, 16);
        Rename(tiny, name => name.Replace("q_proj.weight", "q_proj.base_layer.weight"));
        Opening.ShouldFailWith(ModelDiagnostics.WrappedModel).Message.ShouldContain("merge_and_unload");
    }

    [Fact]
    public void Missing_and_unexplained_tensors_are_one_error_that_names_both()
    {
        Rename(TinyModel.Llama(), name => name.Replace("input_layernorm", "post_feedforward_layernorm"));
        string message = Opening.ShouldFailWith(ModelDiagnostics.MissingTensor).Message;
        message.ShouldContain("lacks tensors 'model.layers.0.input_layernorm.weight'");
        message.ShouldContain("holds tensors 'model.layers.0.post_feedforward_layernorm.weight'");
    }

    [Fact]
    public void Unsupported_architecture_is_said_before_weights_are_asked_for()
    {
        File.WriteAllText(
            directory["config.json"],
            """{"architectures": ["BloomForCausalLM"], "quantization_config": {"quant_method": "awq"}}""");
        Opening.ShouldFailWith(ModelDiagnostics.UnsupportedArchitecture);
    }

    [Fact]
    public void Quantisation_is_said_before_weights_are_asked_for()
    {
        TinyModel.Llama("""{"quantization_config": {"quant_method": "awq"}}""").Write(directory.Path);
        File.Delete(directory["model.safetensors"]);
        Opening.ShouldFailWith(ModelDiagnostics.QuantizedModel);
    }

    private Action Opening => () => DecoderModel.ReadDefinition(directory.Path);

    private void Rename(TinyModel tiny, Func<string, string> rename)
    {
        tiny.Rename(rename);
        tiny.Write(directory.Path);
    }
}
