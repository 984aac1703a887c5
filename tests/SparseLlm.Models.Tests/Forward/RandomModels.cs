using System.Text.Json.Nodes;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Models.Tests.Forward;

/// <summary>Every variant of every architecture, against a slow forward pass in double precision.</summary>
public sealed class RandomModels : IDisposable
{
    private const int SequenceLength = 9;
    private const double Tolerance = 2e-5;

    private static readonly int[] First = [3, 17, 0, 28, 5, 5, 11, 2, 9];
    private static readonly int[] Second = [1, 28, 14, 3, 3, 20, 7, 8, 26];

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"enable_bias": false}""")]
    [InlineData("""{"layer_norm_elementwise_affine": false}""")]
    [InlineData("""{"_remove_final_layer_norm": true}""")]
    [InlineData("""{"tie_word_embeddings": false}""")]
    [InlineData("""{"word_embed_proj_dim": 8}""")]
    [InlineData("""{"do_layer_norm_before": false}""")]
    [InlineData("""{"do_layer_norm_before": false, "word_embed_proj_dim": 8}""")] // OPT-350m
    [InlineData("""{"do_layer_norm_before": false, "word_embed_proj_dim": 8, "tie_word_embeddings": false}""")]
    public void Opt_agrees(string overrides) =>
        ShouldAgree(TinyModel.Opt(overrides), (model, ids) => new SlowModel(model, "model.decoder.").OptLogits(ids));

    [Theory]
    [InlineData("decoder.")]
    [InlineData("")]
    public void Opt_with_another_prefix_agrees(string prefix) =>
        ShouldAgree(TinyModel.Opt(prefix: prefix), (model, ids) => new SlowModel(model, prefix).OptLogits(ids));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"num_key_value_heads": 2}""")]
    [InlineData("""{"num_key_value_heads": 1}""")]
    [InlineData("""{"num_key_value_heads": 2, "head_dim": 6}""")]
    [InlineData("""{"rms_norm_eps": 0.1}""")]
    [InlineData("""{"attention_bias": true}""")]
    [InlineData("""{"mlp_bias": true}""")]
    [InlineData("""{"tie_word_embeddings": true}""")]
    [InlineData("""{"rope_theta": 50.0}""")]
    [InlineData("""{"rope_scaling": null}""")]
    [InlineData("""{"rope_scaling": {"type": "linear", "factor": 4.0}}""")]
    [InlineData("""{"rope_scaling": {"rope_type": "linear", "factor": 2.5}, "rope_theta": 100.0}""")]
    [InlineData("""{"rope_parameters": {"rope_type": "default", "rope_theta": 20.0}}""")]
    [InlineData("""{"rope_parameters": {"rope_type": "linear", "factor": 3.0, "rope_theta": 20.0}}""")]
    public void Llama_agrees(string overrides) =>
        ShouldAgree(TinyModel.Llama(overrides), (model, ids) => new SlowModel(model, "model.").LlamaLogits(ids));

    [Theory]
    [InlineData("rope_scaling", "rope_type")]
    [InlineData("rope_scaling", "type")]
    [InlineData("rope_parameters", "rope_type")]
    public void Llama_with_scaled_wavelengths_agrees(string field, string type)
    {
        // Of the eight pairs of a head, some are kept, one is interpolated, some are stretched.
        string overrides = $$$"""
            {"num_attention_heads": 1, "rope_theta": 100.0, "{{{field}}}": {"{{{type}}}": "llama3", "factor": 8.0,
             "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 40}}
            """;
        ShouldAgree(TinyModel.Llama(overrides), (model, ids) => new SlowModel(model, "model.").LlamaLogits(ids));
    }

    [Fact]
    public void Llama_without_prefix_agrees() =>
        ShouldAgree(TinyModel.Llama(prefix: ""), (model, ids) => new SlowModel(model, "").LlamaLogits(ids));

    [Theory]
    [InlineData("""{"sliding_window": 3}""", 3)]
    [InlineData("""{"sliding_window": 1}""", 1)]
    [InlineData("""{"sliding_window": null}""", int.MaxValue)]
    [InlineData("{}", 4096)]
    public void Mistral_sees_as_far_as_its_window(string overrides, int window)
    {
        TinyModel mistral = TinyModel.Llama(overrides);
        mistral.Config["architectures"] = new JsonArray("MistralForCausalLM");
        mistral.Config["model_type"] = "mistral";
        ShouldAgree(mistral, (model, ids) => new SlowModel(model, "model.").LlamaLogits(ids, window, window, window));
        DecoderModel.ReadDefinition(directory.Path).Layers
            .ShouldAllBe(layer => ((AttentionDefinition)layer.Blocks[0].Mixer).Window == window);
    }

    [Theory]
    [InlineData("{}", int.MaxValue, int.MaxValue, int.MaxValue)]
    [InlineData("""{"sliding_window": 3, "max_window_layers": 0}""", int.MaxValue, int.MaxValue, int.MaxValue)]
    [InlineData("""{"use_sliding_window": true, "sliding_window": 3, "max_window_layers": 1}""", int.MaxValue, 3, 3)]
    [InlineData(
        """{"use_sliding_window": true, "sliding_window": null, "max_window_layers": 0}""",
        int.MaxValue,
        int.MaxValue,
        int.MaxValue)]
    [InlineData(
        """
        {"use_sliding_window": true, "sliding_window": 2,
         "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}
        """,
        2,
        int.MaxValue,
        2)]
    public void Qwen2_has_biases_and_a_window_in_some_layers(string overrides, params int[] windows)
    {
        string config = overrides.Trim().TrimStart('{').TrimEnd('}');
        string comma = config.Length > 0 ? "," : "";
        TinyModel qwen = TinyModel.Llama(
            $$"""{"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "num_key_value_heads": 2{{comma}}{{config}}}""");
        ShouldAgree(qwen, (model, ids) => new SlowModel(model, "model.").LlamaLogits(ids, windows));
    }

    [Fact]
    public void Losses_are_the_negative_log_likelihoods_of_the_next_tokens()
    {
        TinyModel tiny = TinyModel.Opt();
        tiny.Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        double[] losses = model.Losses([.. First, .. Second], SequenceLength);

        var slow = new SlowModel(tiny, "model.decoder.");
        double[] expected = [.. SlowLosses(slow
            .OptLogits(First), First), .. SlowLosses(slow.OptLogits(Second), Second)];
        losses.Length.ShouldBe(16);
        losses.ShouldBe(expected, Tolerance);
    }

    private static IEnumerable<double> SlowLosses(double[][] logits, int[] ids) =>
        ids.Skip(1).Select((id, t) => Math.Log(logits[t].Sum(Math.Exp)) - logits[t][id]);

    private void ShouldAgree(TinyModel tiny, Func<TinyModel, int[], double[][]> slow)
    {
        tiny.Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        float[] logits = model.Logits([.. First, .. Second], SequenceLength);

        double[][] expected = [.. slow(tiny, First), .. slow(tiny, Second)];
        logits.Select(value => (double)value).ShouldBe(expected.SelectMany(row => row), Tolerance);
    }
}
