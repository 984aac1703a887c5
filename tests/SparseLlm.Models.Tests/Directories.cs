using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Models.Tests;

/// <summary>What is said about model directories, good and bad.</summary>
public sealed class Directories : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Fact]
    public void Definition_names_every_tensor_with_its_shape()
    {
        TinyModel tiny = TinyModel.Llama("""{"num_key_value_heads": 2, "attention_bias": true}""");
        tiny.Write(directory.Path);
        ModelDefinition definition = DecoderModel.ReadDefinition(directory.Path);
        definition.Architecture.ShouldBe("LlamaForCausalLM");
        definition.MaximumLength.ShouldBe(12);
        definition.Layers.Count.ShouldBe(3);
        definition.Tensors.Select(tensor => tensor.Name).ShouldBe(tiny.Tensors.Keys, ignoreOrder: true);
        definition.Layers[1].Linears.Select(linear => linear.WeightName).ShouldBe(
        [
            "model.layers.1.self_attn.q_proj.weight", "model.layers.1.self_attn.k_proj.weight",
            "model.layers.1.self_attn.v_proj.weight",
            "model.layers.1.self_attn.o_proj.weight", "model.layers.1.mlp.gate_proj.weight",
            "model.layers.1.mlp.up_proj.weight",
            "model.layers.1.mlp.down_proj.weight",
        ]);
    }

    [Fact]
    public void Architecture_is_known_by_its_model_type_alone()
    {
        TinyModel tiny = TinyModel.Opt();
        tiny.Config.Remove("architectures");
        tiny.Write(directory.Path);
        DecoderModel.ReadDefinition(directory.Path).Architecture.ShouldBe("OPTForCausalLM");
    }

    [Theory]
    [InlineData("""{"architectures": ["BloomForCausalLM"]}""", "BloomForCausalLM")]
    [InlineData("""{"architectures": ["LlamaForSequenceClassification"]}""", "LlamaForSequenceClassification")]
    [InlineData("""{"architectures": null, "model_type": "bloom"}""", "bloom")]
    public void Unknown_architecture_is_an_error_listing_the_known_ones(string overrides, string name)
    {
        TinyModel.Llama(overrides).Write(directory.Path);
        string message = Opening.ShouldFailWith(ModelDiagnostics.UnsupportedArchitecture).Message;
        message.ShouldContain($"'{name}'");
        message.ShouldContain("OPTForCausalLM, LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM");
    }

    [Theory]
    [InlineData("hidden_act", "\"mish\"", "'mish'")]
    [InlineData("rope_scaling", """{"type": "mrope", "factor": 2.0}""", "rope_scaling.type: 'mrope'")]
    [InlineData("rope_parameters", """{"rope_type": "proportional"}""", "rope_parameters.rope_type: 'proportional'")]
    [InlineData("rope_scaling", """{"type": "dynamic", "factor": 2.0, "alpha": 1000.0}""", "rope_scaling.alpha")]
    [InlineData("rope_scaling", """{"rope_type": "default", "type": "mrope"}""", "rope_scaling.type: 'mrope'")]
    [InlineData(
        "rope_parameters",
        """{"full_attention": {"rope_theta": 5.0, "rope_type": "default"}}""",
        "for each kind of layer ('full_attention')")]
    [InlineData("partial_rotary_factor", "0.5", "partial_rotary_factor")]
    [InlineData(
        "layer_types",
        """["full_attention", "sliding_attention", "full_attention"]""",
        "no layers of 'sliding_attention'")]
    [InlineData("layer_types", """["full_attention", "chunked_attention", "full_attention"]""", "'chunked_attention'")]
    public void Unsupported_value_is_an_error_naming_the_field(string field, string value, string problem)
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Config[field] = JsonNode.Parse(value);
        tiny.Write(directory.Path);
        Diagnostic diagnostic = Opening.ShouldFailWith(ModelDiagnostics.UnsupportedConfig);
        diagnostic.Location!.File.ShouldBe(directory["config.json"]);
        diagnostic.Message.ShouldContain(field);
        diagnostic.Message.ShouldContain(problem);
    }

    [Theory]
    [InlineData("""{"rope_type": "linear", "factor": 2.0}""", true)]
    [InlineData("""{"rope_type": "linear", "factor": 4.0}""", false)]
    public void Rotary_scaling_under_both_names_must_be_the_same(string parameters, bool isSame)
    {
        TinyModel.Llama($$"""{"rope_scaling": {"type": "linear", "factor": 2.0}, "rope_parameters": {{parameters}}}""")
            .Write(directory.Path);
        if (isSame)
        {
            Should.NotThrow(Opening);
            return;
        }

        Opening.ShouldFailWith(ModelDiagnostics.MalformedConfig).Message
            .ShouldContain("rope_parameters: they contradict rope_scaling");
    }

    [Theory]
    [InlineData("4096", "full_attention")]
    [InlineData("null", "sliding_attention")]
    public void Layers_of_a_Mistral_that_contradict_its_window_are_an_error(string window, string type)
    {
        TinyModel.Llama(
            $$"""
            {"architectures": ["MistralForCausalLM"], "model_type": "mistral", "sliding_window": {{window}}, "layer_types": ["{{type}}", "{{type}}", "{{type}}"]}
            """).Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnsupportedConfig).Message
            .ShouldContain("layer_types: with this sliding_window");
    }

    [Fact]
    public void Opt_with_another_activation_is_an_error()
    {
        TinyModel.Opt("""{"activation_function": "mish"}""").Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnsupportedConfig).Message.ShouldContain("activation_function: 'mish'");
    }

    [Theory]
    [InlineData("hidden_size", null, "hidden_size is missing")]
    [InlineData("vocab_size", null, "vocab_size is missing")]
    [InlineData("hidden_size", "\"16\"", "hidden_size is \"16\"")]
    [InlineData("hidden_size", "16.5", "hidden_size is 16.5")]
    [InlineData("hidden_size", "-16", "hidden_size is -16")]
    [InlineData("num_hidden_layers", "0", "num_hidden_layers is 0")]
    [InlineData("num_hidden_layers", "2000000000", "num_hidden_layers")]
    [InlineData("num_hidden_layers", "1000000000", "num_hidden_layers: 1000000000 is more than any model has")]
    [InlineData("num_attention_heads", "3", "num_attention_heads: 3 does not divide hidden_size, 16")]
    [InlineData("num_key_value_heads", "3", "num_key_value_heads: 3 does not divide num_attention_heads, 4")]
    [InlineData("head_dim", "1073741824", "more than any model has")]
    [InlineData("head_dim", "3", "no pairs to rotate")]
    [InlineData("rms_norm_eps", "0", "rms_norm_eps is 0")]
    [InlineData("rms_norm_eps", "1e999", "rms_norm_eps is 1e999")]
    [InlineData("rms_norm_eps", "1e39", "rms_norm_eps is 1e39")]
    [InlineData("rms_norm_eps", "1e-50", "rms_norm_eps is 1e-50")]
    [InlineData("rope_theta", "1e300", "rope_theta is 1e300")]
    [InlineData("hidden_size", "1073741824", "hidden_size: 1073741824 is more than any model has")]
    [InlineData("intermediate_size", "1073741824", "intermediate_size: 1073741824 is more than any model has")]
    [InlineData("head_dim", "8192", "wider than any model has")]
    [InlineData(
        "layer_types",
        """["full_attention"]""",
        "layer_types: the list of 1 is not one of num_hidden_layers, 3")]
    [InlineData("rope_scaling", """{"factor": 2.0}""", "rope_scaling.rope_type is missing")]
    [InlineData(
        "rope_parameters",
        """{"rope_type": "default", "rope_theta": 7.0}""",
        "rope_theta: it contradicts rope_parameters.rope_theta")]
    [InlineData("attention_bias", "1", "attention_bias is 1; it must be true or false")]
    [InlineData("hidden_act", "[]", "hidden_act is []")]
    [InlineData("architectures", "\"LlamaForCausalLM\"", "architectures is")]
    [InlineData("model_type", "7", "model_type is 7")]
    [InlineData("architectures", "[1]", "architectures is [1]")]
    [InlineData("rope_scaling", "7", "rope_scaling is 7")]
    [InlineData("rope_scaling", """{"type": "linear"}""", "rope_scaling.factor is missing")]
    [InlineData("rope_scaling", """{"type": "dynamic"}""", "rope_scaling.factor is missing")]
    [InlineData("rope_parameters", """{"rope_type": "longrope"}""", "rope_parameters.short_factor is missing")]
    [InlineData(
        "rope_parameters",
        """{"rope_type": "longrope", "short_factor": [1.0, 2.0, 3.0], "long_factor": [1.0]}""",
        "the list of 3 is not one of the 2 pairs")]
    [InlineData(
        "rope_scaling",
        """{"rope_type":"llama3","factor":2,"low_freq_factor":4,"high_freq_factor":4,"original_max_position_embeddings":8}""",
        "rope_scaling.high_freq_factor")]
    public void Missing_or_impossible_field_is_an_error_naming_it(string field, string? value, string problem)
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Config["rope_theta"] = 50.0;
        tiny.Config.Remove(field);
        if (value is not null)
        {
            tiny.Config[field] = JsonNode.Parse(value);
        }

        tiny.Write(directory.Path);
        Diagnostic diagnostic = Opening.ShouldFailWith(ModelDiagnostics.MalformedConfig);
        diagnostic.Location!.File.ShouldBe(directory["config.json"]);
        diagnostic.Message.ShouldContain(problem);
    }

    [Fact]
    public void Truncated_config_is_an_error_at_its_place()
    {
        TinyModel.Llama().Write(directory.Path);
        File.WriteAllText(directory["config.json"], "{\n  \"vocab_size\": 29,\n  \"hidd");
        Diagnostic diagnostic = Opening.ShouldFailWith(ModelDiagnostics.MalformedConfig);
        diagnostic.Location!.Line.ShouldBe(3);
        diagnostic.Message.ShouldContain("truncated");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    public void Config_that_is_no_object_is_an_error(string config)
    {
        TinyModel.Llama().Write(directory.Path);
        File.WriteAllText(directory["config.json"], config);
        Opening.ShouldFailWith(ModelDiagnostics.MalformedConfig);
    }

    [Fact]
    public void Missing_directory_is_an_error()
    {
        Action opening = () => DecoderModel.ReadDefinition(directory["nowhere"]);
        opening.ShouldFailWith(ModelDiagnostics.CheckpointNotFound).Message.ShouldContain("no such directory");
    }

    [Fact]
    public void Missing_config_is_an_error()
    {
        TinyModel.Llama().Write(directory.Path);
        File.Delete(directory["config.json"]);
        Opening.ShouldFailWith(ModelDiagnostics.MalformedConfig).Location!.File.ShouldBe(directory["config.json"]);
    }

    [Fact]
    public void Missing_tensors_are_one_error_that_names_the_first_and_counts_the_rest()
    {
        TinyModel tiny = TinyModel.Llama();
        foreach (string name in tiny.Tensors.Keys.Where(name => name.Contains("up_proj") || name.StartsWith("lm_head"))
            .ToArray())
        {
            tiny.Tensors.Remove(name);
        }

        tiny.Write(directory.Path);
        Diagnostic problem = Opening.ShouldFailWith(ModelDiagnostics.MissingTensor);
        problem.Message.ShouldContain("lacks tensors 'model.layers.0.mlp.up_proj.weight', "
            + "'model.layers.1.mlp.up_proj.weight', 'model.layers.2.mlp.up_proj.weight' and 1 more");
        problem.Location!.File.ShouldBe(directory["model.safetensors"]);
    }

    [Fact]
    public void Misshapen_tensors_are_one_error_that_shows_the_first_and_counts_the_rest()
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Weight("model.layers.1.self_attn.q_proj", 16, 15);
        tiny.Tensors["model.norm.weight"] = ([1, 16], new float[16]);
        tiny.Write(directory.Path);
        string message = Opening.ShouldFailWith(ModelDiagnostics.WrongShape).Message;
        message.ShouldContain("'model.layers.1.self_attn.q_proj.weight' is [16 x 15]");
        message.ShouldContain("implies [16 x 16]");
        message.ShouldContain("1 more tensor");
    }

    [Fact]
    public void Element_types_are_looked_at_before_shapes()
    {
        TinyModel tiny = TinyModel.Llama();
        tiny.Weight("model.norm", 16, 1);
        tiny.Write(directory.Path, ElementType.I8);
        Opening.ShouldFailWith(ModelDiagnostics.UnsupportedElementType).Message.ShouldContain("is stored as I8");
    }

    [Fact]
    public void Missing_bias_is_an_error()
    {
        TinyModel tiny = TinyModel.Opt();
        tiny.Tensors.Remove("model.decoder.layers.1.fc1.bias");
        tiny.Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.MissingTensor).Message
            .ShouldContain("'model.decoder.layers.1.fc1.bias'");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Weight_that_is_not_finite_is_an_error_naming_the_tensor(float value)
    {
        TinyModel tiny = TinyModel.Llama();
        foreach (string tensor in (string[])["model.layers.1.mlp.down_proj.weight", "model.norm.weight",
            "model.embed_tokens.weight"])
        {
            tiny.Tensors[tensor].Values[13] = value;
        }

        tiny.Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        model.LoadLayer(0).Dispose();
        Loading(() => model.LoadLayer(1)).ShouldContain("'model.layers.1.mlp.down_proj.weight'");
        Loading(() => model.LoadHead()).ShouldContain("'model.norm.weight'");
        model.Embed([1, 2], 2).Dispose();
        Loading(() => model.Embed([1, 0], 2)).ShouldContain("'model.embed_tokens.weight'");

        static string Loading(Func<IDisposable> load)
        {
            Action action = () => load().Dispose();
            return action.ShouldFailWith(ModelDiagnostics.NonFiniteWeight).Message;
        }
    }

    [Theory]
    [InlineData(29)]
    [InlineData(-1)]
    public void Token_beyond_the_vocabulary_is_an_error(int id)
    {
        TinyModel.Llama().Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        Action embedding = () => model.Embed([1, id], 2);
        embedding.ShouldFailWith(ModelDiagnostics.TokenOutOfRange).Message.ShouldContain($"token id {id} ");
    }

    [Fact]
    public void Sequence_longer_than_the_position_table_is_an_error()
    {
        TinyModel.Opt().Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        model.Embed(new int[12], 12).Dispose();
        Action embedding = () => model.Embed(new int[13], 13);
        embedding.ShouldFailWith(ModelDiagnostics.SequenceTooLong).Message.ShouldContain("13");
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        TinyModel.Llama().Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        Should.Throw<ArgumentException>(() => model.Embed(new int[5], 2));
        using Matrix<float> hidden = model.Embed(new int[4], 2);
        using LanguageModelHead head = model.LoadHead();
        Should.Throw<ArgumentException>(() => head.Losses(hidden, new int[4], 2, new double[3]));
        Should.Throw<ArgumentException>(() => head.Losses(hidden, new int[6], 2, new double[3]));
    }

    private Action Opening => () => DecoderModel.Open(directory.Path, backend).Dispose();
}
