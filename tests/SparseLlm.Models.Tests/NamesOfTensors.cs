using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tests.Forward;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Models.Tests;

/// <summary>Checkpoints of one model name and arrange its tensors in several ways, and hold more than the
/// model.</summary>
public sealed class NamesOfTensors : IDisposable
{
    private static readonly int[] Ids = [3, 17, 0, 28, 5, 5, 11, 2, 9];

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Theory]
    [InlineData("llama32", "model.", "")]
    [InlineData("llama32", "model.", "language_model.")]
    [InlineData("llama32", "model.", "language_model.model.")]
    [InlineData("llama32", "model.", "model.language_model.")]
    [InlineData("mistral", "model.", "model.language_model.")]
    [InlineData("gpt2", "transformer.", "")]
    [InlineData("gptj", "transformer.", "language_model.transformer.")]
    [InlineData("gpt_neox", "gpt_neox.", "")]
    [InlineData("opt", "model.decoder.", "language_model.model.decoder.")]
    [InlineData("falcon", "transformer.", "transformer.language_model.")]
    public void Prefix_may_be_missing_or_around_another(string family, string prefix, string other)
    {
        float[] expected = Logits(TinyModel.Family(family));
        TinyModel tiny = TinyModel.Family(family);
        tiny.Rename(name => name.StartsWith(prefix, StringComparison.Ordinal) ? other + name[prefix.Length..] : name);
        Logits(tiny).ShouldBe(expected);
    }

    [Theory]
    [InlineData("mistral")]
    [InlineData("phi")]
    [InlineData("gpt_neox")]
    public void Head_may_be_inside_with_the_rest(string family)
    {
        float[] expected = Logits(TinyModel.Family(family));
        TinyModel tiny = TinyModel.Family(family);
        tiny.Rename(name => "language_model." + name);
        Logits(tiny).ShouldBe(expected);
    }

    [Theory]
    [InlineData("gemma", "model.embed_tokens.weight")]
    [InlineData("starcoder2", "model.embed_tokens.weight")]
    [InlineData("falcon", "transformer.word_embeddings.weight")]
    public void Tied_head_of_a_config_that_does_not_say_so_may_be_stored_all_the_same(string family, string embedding)
    {
        TinyModel tiny = TinyModel.Family(family);
        tiny.Config.Remove("tie_word_embeddings");
        float[] expected = Logits(tiny);
        (long[] shape, float[] values) = tiny.Tensors[embedding];
        tiny.Tensors["lm_head.weight"] = (shape, [.. values]);
        Logits(tiny).ShouldBe(expected);

        tiny.Tensors["lm_head.weight"].Values[7] += 1;
        tiny.Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnexplainedTensor).Message.ShouldContain("says that they are the same");

        tiny.Config["tie_word_embeddings"] = false;
        Logits(tiny).ShouldNotBe(expected);
    }

    [Fact]
    public void Tensors_beside_the_language_model_are_carried_through()
    {
        TinyModel tiny = TinyModel.Family("llama32");
        tiny.Rename(name => "language_model." + name);
        tiny.Weight("vision_tower.patch_embed", 5, 3);
        tiny.Weight("multi_modal_projector.linear_1", 3, 5);
        tiny.Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        using var copy = new TempDirectory();
        using (var writer = new CheckpointWriter(model.Checkpoint, copy.Path))
        {
            writer.Complete();
        }

        using Checkpoint written = Checkpoint.Open(copy.Path);
        written.Tensors.Select(tensor => tensor.Name).ShouldContain("vision_tower.patch_embed.weight");
        TensorInfo projector = written["multi_modal_projector.linear_1.weight"];
        float[] values = new float[15];
        written.Read(projector, 0, values);
        values.ShouldBe(tiny.Tensors[projector.Name].Values);
    }

    [Theory]
    [InlineData("language_model.model.layers.0.self_attn.q_norm.weight")]
    [InlineData("language_model.lm_head.bias")]
    [InlineData("lm_head.bias")]
    public void Tensors_inside_it_that_config_does_not_explain_are_an_error(string name)
    {
        TinyModel tiny = TinyModel.Family("llama32");
        tiny.Rename(tensor => "language_model." + tensor);
        tiny.Tensors[name] = ([16], new float[16]);
        tiny.Write(directory.Path);
        Opening.ShouldFailWith(ModelDiagnostics.UnexplainedTensor).Message.ShouldContain($"'{name}'");
    }

    [Fact]
    public void Empty_tensors_change_nothing()
    {
        TinyModel tiny = TinyModel.Family("llama32");
        float[] expected = Logits(tiny);
        tiny.Tensors["model.layers.0.self_attn.rotary"] = ([0, 12], []);
        Logits(tiny).ShouldBe(expected);
    }

    [Theory]
    [InlineData("mixtral", "block_sparse_moe", "w1", "w3", "w2")]
    [InlineData("qwen3_moe", "mlp", "gate_proj", "up_proj", "down_proj")]
    public void Experts_may_be_stacked(string family, string block, string gate, string up, string down)
    {
        float[] expected = Logits(TinyModel.Family(family));
        TinyModel tiny = TinyModel.Family(family);
        for (int layer = 0; layer < 2; layer++)
        {
            string old = $"model.layers.{layer}.{block}.";
            string stacked = $"model.layers.{layer}.mlp.";
            tiny.Rename(name => name == old + "gate.weight" ? stacked + "gate.weight" : name);
            int experts = (int)tiny.Tensors[stacked + "gate.weight"].Shape[0];
            var names = Enumerable.Range(0, experts).Select(expert => $"{old}experts.{expert}.").ToArray();
            Stack(
                tiny,
                stacked + "experts.gate_up_proj",
                [.. names.Select(name => new[] { $"{name}{gate}.weight", $"{name}{up}.weight" })]);
            Stack(tiny, stacked + "experts.down_proj", [.. names.Select(name => new[] { $"{name}{down}.weight" })]);
        }

        Logits(tiny).ShouldBe(expected);
    }

    private static void Stack(TinyModel tiny, string name, string[][] planes)
    {
        (long[] shape, _) = tiny.Tensors[planes[0][0]];
        float[] values = [.. planes.SelectMany(parts => parts.SelectMany(part => tiny.Tensors[part].Values))];
        foreach (string part in planes.SelectMany(parts => parts))
        {
            tiny.Tensors.Remove(part);
        }

        tiny.Tensors[name] = ([planes.Length, planes[0].Length * shape[0], shape[1]], values);
    }

    private Action Opening => () => DecoderModel.Open(directory.Path, backend).Dispose();

    private float[] Logits(TinyModel tiny)
    {
        tiny.Write(directory.Path);
        using DecoderModel model = DecoderModel.Open(directory.Path, backend);
        return model.Logits(Ids, Ids.Length);
    }
}
