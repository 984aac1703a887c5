using System.Text.Json.Nodes;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Tests.Forward;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Models.Tests;

/// <summary>Forms of a family beside the one of which there is a model that the official code has computed.</summary>
public sealed class VariantsOfFamilies : IDisposable
{
    private static readonly int[] Ids = [3, 17, 0, 28, 5, 5, 11, 2, 9];

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Fact]
    public void Falcon_with_one_norm_is_Falcon_with_two_that_are_the_same()
    {
        TinyModel two = TinyModel.Family("falcon_new");
        foreach (string name in two.Tensors.Keys.Where(name => name.Contains("ln_mlp")).ToArray())
        {
            two.Tensors[name] = two.Tensors[name.Replace("ln_mlp", "ln_attn")];
        }

        float[] expected = Logits(two);
        TinyModel one = two;
        one.Config["num_ln_in_parallel_attn"] = 1;
        foreach (string name in one.Tensors.Keys.Where(name => name.Contains("ln_mlp")).ToArray())
        {
            one.Tensors.Remove(name);
        }

        one.Rename(name => name.Replace("ln_attn", "input_layernorm"));
        Logits(one).ShouldBe(expected, tolerance: 1e-4);
    }

    [Fact]
    public void Falcon_with_a_key_for_every_head_is_Falcon_with_one_that_all_share()
    {
        const int Heads = 4;
        const int Width = 16;
        TinyModel tiny = TinyModel.Family("falcon");
        float[] expected = Logits(tiny);
        tiny.Config["multi_query"] = false;
        foreach (string name in tiny.Tensors.Keys.Where(name => name.Contains("query_key_value")).ToArray())
        {
            (long[] shape, float[] values) = tiny.Tensors[name];
            float[][] rows = [.. values.Chunk((int)shape[1])];
            float[][] each = [.. Enumerable.Range(0, Heads).SelectMany(
                head => (float[][])[.. rows[(head * Width)..((head + 1) * Width)], .. rows[(Heads * Width)..]])];
            tiny.Tensors[name] = ([each.Length, shape[1]], [.. each.SelectMany(row => row)]);
        }

        Logits(tiny).ShouldBe(expected, tolerance: 1e-4);
    }

    [Theory]
    [InlineData("llama32", """{"type": "dynamic", "factor": 4.0}""", """{"rope_type": "default"}""")]
    [InlineData(
        "llama32",
        """{"type": "yarn", "factor": 4.0}""",
        """{"type": "yarn", "factor": 4.0, "attention_factor": 1.1386294361119891, "beta_fast": 32, "beta_slow": 1}""")]
    [InlineData(
        "llama32",
        """{"type": "yarn", "factor": 4.0, "attention_factor": 1.0}""",
        """{"type": "yarn", "factor": 4.0, "mscale": 1.0, "mscale_all_dim": 1.0}""")]
    [InlineData("llama32", """{"type": "yarn", "factor": 1.0}""", """{"rope_type": "default"}""")]
    public void Scalings_that_come_to_the_same_are_the_same(string family, string one, string other)
    {
        TinyModel tiny = TinyModel.Family(family);
        tiny.Config["rope_scaling"] = JsonNode.Parse(one);
        float[] expected = Logits(tiny);
        tiny.Config["rope_scaling"] = JsonNode.Parse(other);
        Logits(tiny).ShouldBe(expected, tolerance: 1e-6);
    }

    [Theory]
    [InlineData("gpt_neox", "rotary_pct", "0.5", "rotary_pct: it contradicts partial_rotary_factor")]
    [InlineData("gpt_neox", "rotary_emb_base", "500", "rotary_emb_base: it contradicts rope_theta")]
    [InlineData("qwen3_moe", "num_local_experts", "7", "num_local_experts: it contradicts num_experts")]
    [InlineData("mixtral", "num_experts_per_tok", "5", "num_experts_per_tok: 5 is more than there are experts, 4")]
    [InlineData("mixtral", "num_local_experts", "1000000", "more than any model has")]
    [InlineData("gptj", "rotary_dim", "18", "rotary_dim: 18 is more than the 16 channels of a head")]
    [InlineData(
        "smollm3",
        "no_rope_layers",
        "[1, 0]",
        "no_rope_layers: the list of 2 is not one of num_hidden_layers, 4")]
    [InlineData("gemma2", "final_logit_softcapping", "-1", "final_logit_softcapping is -1")]
    public void Contradiction_or_impossible_number_is_an_error_naming_the_field(
        string family,
        string field,
        string value,
        string problem)
    {
        TinyModel tiny = TinyModel.Family(family);
        tiny.Config[field] = JsonNode.Parse(value);
        tiny.Write(directory.Path);
        Action opening = () => DecoderModel.ReadDefinition(directory.Path);
        opening.ShouldFailWith(ModelDiagnostics.MalformedConfig).Message.ShouldContain(problem);
    }

    [Fact]
    public void Gpt2_may_scale_scores_by_the_layer()
    {
        TinyModel tiny = TinyModel.Family(
            "gpt2",
            """{"scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true}""");
        Definition(tiny).Layers.Select(layer => Attention(layer).Scale).ShouldBe([1f, 0.5f]);
    }

    [Fact]
    public void Gemma2_may_be_without_caps()
    {
        TinyModel tiny = TinyModel.Family(
            "gemma2",
            """{"attn_logit_softcapping": null, "final_logit_softcapping": null}""");
        ModelDefinition definition = Definition(tiny);
        Attention(definition.Layers[0]).Cap.ShouldBeNull();
        definition.Head.Cap.ShouldBeNull();

        tiny.Config.Remove("attn_logit_softcapping");
        tiny.Config.Remove("final_logit_softcapping");
        definition = Definition(tiny);
        Attention(definition.Layers[0]).Cap.ShouldBe(50);
        definition.Head.Cap.ShouldBe(30);
    }

    [Fact]
    public void Gemma3_scales_the_frequencies_of_layers_without_a_window_alone()
    {
        TinyModel tiny = TinyModel.Family("gemma3_text");
        double[][] unscaled = Frequencies();
        tiny.Config["rope_scaling"] = JsonNode.Parse("""{"rope_type": "linear", "factor": 8.0}""");
        double[][] scaled = Frequencies();
        scaled[..5].ShouldBe(unscaled[..5]);
        scaled[5].ShouldBe(unscaled[5].Select(frequency => frequency / 8));

        double[][] Frequencies()
            => [.. Definition(tiny).Layers.Select(layer => Attention(layer).Rotary!.InverseFrequencies.ToArray())];
    }

    [Fact]
    public void Command_R_plus_has_gains_for_every_head()
    {
        TinyModel tiny = TinyModel.Family("cohere", """{"use_qk_norm": true}""");
        for (int layer = 0; layer < 2; layer++)
        {
            tiny.Weight($"model.layers.{layer}.self_attn.q_norm", 4, 16);
            tiny.Weight($"model.layers.{layer}.self_attn.k_norm", 2, 16);
        }

        float[] logits = Logits(tiny);
        for (int i = 0; i < 16; i++)
        {
            tiny.Tensors["model.layers.1.self_attn.q_norm.weight"].Values[3 * 16 + i] = 0;
        }

        Logits(tiny).ShouldNotBe(logits);
        Definition(tiny).Layers[0].Blocks[0].Mixer.Tensors
            .ShouldContain(new TensorShape("model.layers.0.self_attn.k_norm.weight", 2, 16));
    }

    [Fact]
    public void Qwen3_may_have_layers_without_experts()
    {
        TinyModel tiny = TinyModel.Family("qwen3_moe", """{"mlp_only_layers": [1]}""");
        foreach (string name in tiny.Tensors.Keys
            .Where(name => name.StartsWith("model.layers.1.mlp.", StringComparison.Ordinal))
            .ToArray())
        {
            tiny.Tensors.Remove(name);
        }

        tiny.Weight("model.layers.1.mlp.gate_proj", 96, 48);
        tiny.Weight("model.layers.1.mlp.up_proj", 96, 48);
        tiny.Weight("model.layers.1.mlp.down_proj", 48, 96);
        Definition(tiny).Layers.Select(layer => layer.Blocks[1].Mixer is ExpertsDefinition).ShouldBe([true, false]);
        Logits(tiny).ShouldAllBe(logit => float.IsFinite(logit));
    }

    private static AttentionDefinition Attention(LayerDefinition layer) => (AttentionDefinition)layer.Blocks[0].Mixer;

    private ModelDefinition Definition(TinyModel tiny)
    {
        tiny.Write(directory.Path);
        return DecoderModel.ReadDefinition(directory.Path);
    }

    private float[] Logits(TinyModel tiny)
    {
        tiny.Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        return model.Logits(Ids, Ids.Length);
    }
}
