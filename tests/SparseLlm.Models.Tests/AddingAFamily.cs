using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SparseLlm.Models.Architectures;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Tests.Forward;
using SparseLlm.Models.Tests.Support;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Models.Tests;

/// <summary>A family that nobody has published needs what is in this file, and nothing else of the library
/// changes.</summary>
public sealed partial class AddingAFamily : IDisposable
{
    private static readonly int[] Ids = [3, 17, 0, 28, 5, 5, 11, 2, 9];

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    /// <summary>Llama with q, k and v in one tensor, pairs of neighbours in the rotary embedding, other names, and
    /// louder logits.</summary>
    private sealed class Parrot : Llama
    {
        public override string Name => "ParrotForCausalLM";

        public override string ModelType => "parrot";

        protected override string FinalNorm => "beak";

        protected override RotaryStyle RotaryStyle { get; } = new() { Pairing = RotaryPairing.Interleaved };

        protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
        {
            ModelDefinition model = base.Define(config, hasTensor);
            return model with
            {
                Head = model.Head with
                {
                    Scale = (float)config.Positive("logit_scale", defaultValue: 1)
                }
            };
        }

        protected override AttentionDefinition Attention(DecoderShape shape, int index)
        {
            FusedLinear fused = new(
                shape.Layer(index) + "wings",
                shape.Hidden,
                shape.QueryWidth + 2 * shape.KeyWidth,
                hasBias: false);
            LinearDefinition[] parts = fused.ByKeyValueHead(shape.Heads, shape.KeyValueHeads, shape.HeadWidth);
            return base.Attention(shape, index) with { Query = parts[0], Key = parts[1], Value = parts[2] };
        }
    }

    [Fact]
    public void Family_in_one_file_computes_what_it_describes()
    {
        TinyModel llama = TinyModel.Family("llama32");
        llama.Write(directory.Path);
        float[] expected;
        using (DecoderModel model = DecoderModel.Open(directory.Path, backend))
        {
            expected = model.Logits(Ids, Ids.Length);
        }

        AsParrot(llama).Write(directory.Path);
        using DecoderModel parrot = DecoderModel.Open(directory.Path, backend, [.. Architecture.All, new Parrot()]);
        parrot.Definition.Layers[1].Linears.First().WeightName.ShouldBe("model.layers.1.wings.weight[q]");
        parrot.Logits(Ids, Ids.Length).ShouldBe(expected.Select(logit => 3 * logit), tolerance: 1e-3);
    }

    [Fact]
    public void Family_that_the_documentation_shows_is_one_of_the_library()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "extending.md"));
        string source = File.ReadAllText(
            Path.Combine(Repository.Root, "src", "SparseLlm.Models", "Architectures", "Olmo2.cs"));
        Code.Match(page).Groups["code"].Value.ShouldBe(source);
    }

    [Fact]
    public void Every_family_has_a_model_that_the_official_code_has_computed()
    {
        string[] types = [.. Directory.EnumerateFiles(Repository.Families, "config.json", SearchOption.AllDirectories)
            .Select(path => (string)JsonNode.Parse(File.ReadAllText(path))!["model_type"]!)];
        types.Distinct().ShouldBe(Architecture.All.Select(architecture => architecture.ModelType), ignoreOrder: true);
    }

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code { get; }

    /// <summary>The same weights, arranged for a parrot.</summary>
    private static TinyModel AsParrot(TinyModel llama)
    {
        const int Heads = 4;
        const int KeyValueHeads = 2;
        const int Width = 24;
        llama.Config["architectures"] = new JsonArray("ParrotForCausalLM");
        llama.Config["model_type"] = "parrot";
        llama.Config["logit_scale"] = 3;
        llama.Rename(name => name == "model.norm.weight" ? "model.beak.weight" : name);
        for (int layer = 0; layer < 2; layer++)
        {
            string prefix = $"model.layers.{layer}.self_attn.";
            float[][] q = TakeRows(llama, prefix + "q_proj.weight");
            float[][] k = TakeRows(llama, prefix + "k_proj.weight");
            float[][] v = TakeRows(llama, prefix + "v_proj.weight");
            float[][] fused = [.. Enumerable.Range(0, KeyValueHeads).SelectMany(group => (float[][])
            [
                .. Enumerable.Range(group * Heads / KeyValueHeads, Heads / KeyValueHeads)
                    .SelectMany(head => Neighbours(Head(q, head))),
                .. Neighbours(Head(k, group)),
                .. Head(v, group),
            ])];
            llama.Tensors[$"model.layers.{layer}.wings.weight"] = ([fused.Length, fused[0].Length], [.. fused
                .SelectMany(row => row)]);
        }

        return llama;

        static float[][] Head(float[][] rows, int head) => rows[(head * Width)..((head + 1) * Width)];

        static IEnumerable<float[]> Neighbours(float[][] head)
            => Enumerable.Range(0, Width).Select(channel => head[channel / 2 + channel % 2 * Width / 2]);
    }

    private static float[][] TakeRows(TinyModel model, string name)
    {
        model.Tensors.Remove(name, out (long[] Shape, float[] Values) tensor);
        return [.. tensor.Values.Chunk((int)tensor.Shape[1])];
    }
}
