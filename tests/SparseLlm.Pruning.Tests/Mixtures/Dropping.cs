using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Models.Reduction;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Mixtures;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Mixtures;

/// <summary>Models of which whole experts are dropped.</summary>
public sealed class Dropping : IDisposable
{
    private const int SequenceLength = 16;

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 2);

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Theory]
    [InlineData(0.75, new[] { 1 }, new[] { 3 })]
    [InlineData(0.5, new[] { 0, 2 }, new[] { 1, 2 })]
    [InlineData(0.6, new[] { 0 }, new[] { 2 })]
    public void Experts_that_no_token_goes_through_are_the_first_to_go_and_leave_the_same_logits(
        double share,
        params int[][] unused)
    {
        string path = Copy("gpt_oss");
        StoredTensors tensors = StoredTensors.Of(path);
        for (int layer = 0; layer < unused.Length; layer++)
        {
            Span<float> biases = MemoryMarshal.Cast<byte, float>(
                tensors[$"model.layers.{layer}.mlp.router.bias"].Bytes.AsSpan());
            foreach (int expert in unused[layer])
            {
                biases[expert] = -1e4f;
            }
        }

        tensors.Write(Path.Combine(path, "model.safetensors"));
        using DecoderModel dense = DecoderModel.Open(path, backend);
        IReadOnlyList<IReadOnlyList<int>?> kept = Choose(dense, share);
        kept.ShouldBe([.. unused.Select(places => Enumerable.Range(0, 4).Except(places).ToArray())]);
        using DecoderModel smaller = Reduce(dense, kept);
        Mixtures(smaller).ShouldAllBe(experts => experts.Experts.Count == 4 - unused[0].Length);
        Logits(smaller).ShouldBe(Logits(dense));
    }

    [Theory]
    [InlineData("mixtral", "num_local_experts", "block_sparse_moe.")]
    [InlineData("qwen3_moe", "num_experts", "mlp.")]
    public void Those_that_stay_move_up_to_the_byte_with_their_rows_of_the_router(
        string family,
        string field,
        string block)
    {
        string path = Copy(family);
        using DecoderModel dense = DecoderModel.Open(path, backend);
        int[][] kept = [[1, 3], [0, 2]];
        using DecoderModel smaller = Reduce(dense, kept);
        ShouldBeMadeOf(StoredTensors.Of(smaller.Directory), StoredTensors.Of(path), kept, block);

        JsonObject config = Config(path);
        config[field] = 2;
        JsonNode.DeepEquals(Config(smaller.Directory), config).ShouldBeTrue();
        ShouldPrune(smaller);
    }

    [Fact]
    public void Stacked_experts_lose_planes()
    {
        string path = Copy("gpt_oss");
        using DecoderModel dense = DecoderModel.Open(path, backend);
        int[][] kept = [[0, 3], [1, 2]];
        using DecoderModel smaller = Reduce(dense, kept);
        StoredTensors before = StoredTensors.Of(path);
        StoredTensors after = StoredTensors.Of(smaller.Directory);
        after.Keys.ShouldBe(before.Keys);
        foreach ((string name, (string type, long[] shape, byte[] bytes)) in before)
        {
            int layer = name.Contains("layers.0.") ? 0 : 1;
            bool isOfExperts = name.Contains(".mlp.");
            int length = bytes.Length / (int)shape[0];
            after[name].Type.ShouldBe(type);
            after[name].Shape.ShouldBe(isOfExperts ? [2, .. shape[1..]] : shape);
            after[name].Bytes.ShouldBe(isOfExperts
                ? [.. kept[layer].SelectMany(expert => bytes[(expert * length)..((expert + 1) * length)])]
                : bytes);
        }

        ShouldPrune(smaller);
    }

    [Fact]
    public void Shards_keep_their_names_and_none_is_left_empty()
    {
        string path = Copy("mixtral");
        StoredTensors tensors = StoredTensors.Of(path);
        File.Delete(Path.Combine(path, "model.safetensors"));

        // The last shard has nothing but experts that go, and the second nothing that changes.
        tensors.WriteShards(
            path,
            name => name.Contains("experts.2.") || name.Contains("experts.3.") ? 2 : name.Contains("layers") ? 0 : 1);
        using DecoderModel dense = DecoderModel.Open(path, backend);
        int[][] kept = [[0, 3], [1, 2]];
        using DecoderModel smaller = Reduce(dense, kept);
        ShouldBeMadeOf(StoredTensors.Of(smaller.Directory), tensors, kept, "block_sparse_moe.");
        smaller.Checkpoint.Shards.Order()
            .ShouldBe(["model-0.safetensors", "model-1.safetensors", "model-2.safetensors"]);
        JsonObject map = JsonNode.Parse(
            File.ReadAllText(Path.Combine(smaller.Directory, "model.safetensors.index.json")))![
                "weight_map"]!.AsObject();
        foreach (string shard in smaller.Checkpoint.Shards)
        {
            StoredTensors inside = StoredTensors.Read(Path.Combine(smaller.Directory, shard));
            inside.ShouldNotBeEmpty();
            inside.Keys.ShouldBe(
                map.Where(entry => (string?)entry.Value == shard).Select(entry => entry.Key),
                ignoreOrder: true);
            new FileInfo(Path.Combine(smaller.Directory, shard)).Length
                .ShouldBeLessThanOrEqualTo(new FileInfo(Path.Combine(path, shard)).Length);
        }

        ShouldPrune(smaller);
    }

    [Fact]
    public void A_shard_of_which_nothing_changes_stays_to_the_byte()
    {
        string path = Copy("mixtral");
        StoredTensors tensors = StoredTensors.Of(path);
        File.Delete(Path.Combine(path, "model.safetensors"));
        tensors.WriteShards(path, name => name.Contains("block_sparse_moe") ? 0 : 1);
        using DecoderModel dense = DecoderModel.Open(path, backend);
        using DecoderModel smaller = Reduce(dense, [[0, 1], [2, 3]]);
        File.ReadAllBytes(Path.Combine(smaller.Directory, "model-1.safetensors"))
            .ShouldBe(File.ReadAllBytes(Path.Combine(path, "model-1.safetensors")));
    }

    [Theory]
    [InlineData(4, 0.5, 2)]
    [InlineData(4, 0.51, 3)]
    [InlineData(100, 0.07, 7)]
    [InlineData(100, 0.55, 55)]
    public void A_share_is_rounded_up_to_whole_experts(int experts, double share, int kept)
    {
        var router = new LinearDefinition("router", inputs: 4, experts, hasBias: false);
        FeedForwardDefinition expert = new(new Activation(Nonlinearity.Silu), null, router, router);
        ExpertSelection.Count(
            new ExpertsDefinition(router, [.. Enumerable.Repeat(expert, experts)], ExpertsPerToken: 1),
            share).ShouldBe(kept);
    }

    [Fact]
    public void Layers_without_experts_lose_none()
    {
        string path = Copy("qwen3_moe");
        StoredTensors tensors = StoredTensors.Of(path);
        JsonObject config = Config(path);
        config["mlp_only_layers"] = new JsonArray(0);
        config["intermediate_size"] = 20;
        File.WriteAllText(Path.Combine(path, "config.json"), config.ToJsonString());
        foreach (string projection in (string[])["gate_proj", "up_proj", "down_proj"])
        {
            tensors[$"model.layers.0.mlp.{projection}.weight"] = tensors[
                $"model.layers.0.mlp.experts.0.{projection}.weight"];
        }

        foreach (string name in tensors.Keys
            .Where(name => name.Contains("layers.0.mlp.experts") || name == "model.layers.0.mlp.gate.weight")
            .ToList())
        {
            tensors.Remove(name);
        }

        tensors.Write(Path.Combine(path, "model.safetensors"));
        using DecoderModel dense = DecoderModel.Open(path, backend);
        IReadOnlyList<IReadOnlyList<int>?> kept = Choose(dense, 0.5);
        kept[0].ShouldBeNull();
        kept[1]!.Count.ShouldBe(4);
        using DecoderModel smaller = Reduce(dense, kept);
        Mixtures(smaller).Single().Experts.Count.ShouldBe(4);
        ShouldPrune(smaller);
    }

    [Theory]
    [InlineData("llama32", 0.5, "has no experts; leave out 'experts'")]
    [InlineData("mixtral", 0.25, "to keep 0.25 of 4 experts leaves 1, and each token goes through 2; keep more")]
    public void What_cannot_be_dropped_is_refused(string family, double share, string message)
    {
        Diagnostic error = Should.Throw<DiagnosticException>(
            () => ExpertSelection.Require(
                DecoderModel.ReadDefinition(Repository.Family(family)),
                share,
                new SourceLocation("pruning.yaml", 7, 3))).Diagnostics.Single();
        error.Code.ShouldBe("SLM3017");
        error.Message.ShouldContain(message);
        error.Location.ShouldBe(new SourceLocation("pruning.yaml", 7, 3));
    }

    [Theory]
    [InlineData("sinks, experts with biases, clamped SwiGLU")]
    [InlineData("experts whose weights are not normalised")]
    public void Those_stay_whose_outputs_weigh_most_in_the_mean_over_their_tokens(string name)
    {
        LayerDefinition definition = SampleLayers.All[name];
        using var model = new RandomModel([definition], SampleLayers.Hidden);
        CalibrationTokens tokens = model.Tokens(windows: 20);
        double[] saliencies = Saliencies(definition, model, tokens);
        int[] ranking = [.. Enumerable.Range(0, 5).OrderByDescending(expert => saliencies[expert])];
        ranking.Zip(ranking.Skip(1), (one, next) => saliencies[one] - saliencies[next]).Min().ShouldBeGreaterThan(1e-3);
        for (int count = 1; count <= 5; count++)
        {
            IReadOnlyList<int>? kept = ExpertSelection.Choose(
                model.Model,
                count / 5.0,
                tokens,
                new MatrixStore(model.Backend),
                null,
                CancellationToken.None).Single();
            kept.ShouldBe([.. ranking[..count].Order()]);
        }
    }

    /// <summary>The same, written down literally.</summary>
    private static double[] Saliencies(LayerDefinition definition, RandomModel model, CalibrationTokens tokens)
    {
        var mixture = (ExpertsDefinition)definition.Blocks[1].Mixer;
        var attention = new SlowLayer(definition with { Blocks = [definition.Blocks[0]] }, model.Weights);
        double[,] table = model.Table;
        var x = new double[tokens.Ids.Length, SampleLayers.Hidden];
        for (int i = 0; i < x.Length; i++)
        {
            x[i / SampleLayers.Hidden, i % SampleLayers.Hidden]
                = table[tokens.Ids[i / SampleLayers.Hidden], i % SampleLayers.Hidden];
        }

        double[,] input = attention.Normalize(
            definition.Blocks[1].InputNorm,
            attention.Forward(x, tokens.SequenceLength));
        double[,] logits = attention.Apply(mixture.Router, input);
        double[][,] through = [.. mixture.Experts.Select(
            expert => new SlowLayer(definition with { Blocks = [new(expert)] }, model.Weights).Forward(input, 1))];
        var sums = new double[mixture.Experts.Count];
        var counts = new int[mixture.Experts.Count];
        for (int token = 0; token < tokens.Ids.Length; token++)
        {
            double[] exponentials = [.. Enumerable.Range(0, sums.Length)
                .Select(expert => Math.Exp(logits[token, expert]))];
            int[] chosen = [.. Enumerable.Range(0, sums.Length).OrderByDescending(expert => exponentials[expert])
                .Take(mixture.ExpertsPerToken)];
            double total = mixture.NormalizesWeights ? chosen.Sum(expert => exponentials[expert]) : exponentials.Sum();
            foreach (int expert in chosen)
            {
                double squares = Enumerable.Range(0, SampleLayers.Hidden)
                    .Sum(c => Math.Pow(through[expert][token, c] - input[token, c], 2));
                sums[expert] += exponentials[expert] / total * Math.Sqrt(squares);
                counts[expert]++;
            }
        }

        return [.. sums.Zip(counts, (sum, count) => sum / count)];
    }

    /// <summary>Everything but experts and routers as it was; of these what stays, under the numbers that it has
    /// now.</summary>
    private static void ShouldBeMadeOf(StoredTensors after, StoredTensors before, int[][] kept, string block)
    {
        var expected = new StoredTensors();
        foreach ((string name, (string type, long[] shape, byte[] bytes)) in before.Where(
            tensor => !tensor.Key.Contains($".{block}")))
        {
            expected.Add(name, (type, shape, bytes));
        }

        for (int layer = 0; layer < kept.Length; layer++)
        {
            string prefix = $"model.layers.{layer}.{block}";
            (string type, long[] shape, byte[] router) = before[prefix + "gate.weight"];
            int row = router.Length / (int)shape[0];
            expected.Add(prefix + "gate.weight", (type, [kept[layer].Length, shape[1]], [.. kept[layer].SelectMany(
                expert => router[(expert * row)..((expert + 1) * row)])]));
            for (int place = 0; place < kept[layer].Length; place++)
            {
                string from = $"{prefix}experts.{kept[layer][place]}.";
                foreach ((string name, var tensor) in before.Where(
                    tensor => tensor.Key.StartsWith(from, StringComparison.Ordinal)))
                {
                    expected.Add($"{prefix}experts.{place}.{name[from.Length..]}", tensor);
                }
            }
        }

        after.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach ((string name, (string type, long[] shape, byte[] bytes)) in expected)
        {
            after[name].Type.ShouldBe(type, name);
            after[name].Shape.ShouldBe(shape, name);
            after[name].Bytes.AsSpan().SequenceEqual(bytes).ShouldBeTrue(name);
        }
    }

    private static void ShouldPrune(DecoderModel model)
    {
        List<PrunedLayer> layers = [.. new ModelPruner(
            model,
            new PruningSettings(),
            RandomModel.Plan("0.5"),
            Tokens(model)).Run()];
        layers.SelectMany(layer => layer.Linears).Count()
            .ShouldBe(model.Definition.Layers.SelectMany(layer => layer.Linears).Count(linear => !linear.StaysDense));
        layers.SelectMany(layer => layer.Linears)
            .ShouldAllBe(linear => linear.Zeros == linear.Rows * (long)linear.Columns / 2);
    }

    private static IReadOnlyList<IReadOnlyList<int>?> Choose(DecoderModel model, double share) =>
        ExpertSelection.Choose(
            model,
            share,
            Tokens(model),
            new MatrixStore(model.Backend),
            progress: null,
            CancellationToken.None);

    private static CalibrationTokens Tokens(DecoderModel model)
    {
        var random = new Random(5);
        return new(
            [.. Enumerable.Range(0, 20 * SequenceLength).Select(_ => random.Next(model.Definition.VocabularySize))],
            SequenceLength);
    }

    private static IEnumerable<ExpertsDefinition> Mixtures(DecoderModel model) =>
        model.Definition.Layers.SelectMany(layer => layer.Blocks).Select(block => block.Mixer)
            .OfType<ExpertsDefinition>();

    private static float[] Logits(DecoderModel model)
    {
        Matrix<float> x = model.Embed(Tokens(model).Ids, SequenceLength);
        for (int index = 0; index < model.Definition.Layers.Count; index++)
        {
            using DecoderLayer layer = model.LoadLayer(index);
            Matrix<float> y = layer.Forward(x, SequenceLength);
            x.Dispose();
            x = y;
        }

        using LanguageModelHead head = model.LoadHead();
        using Matrix<float> logits = head.Logits(x);
        var values = new float[logits.Length];
        model.Backend.Download<float>(logits, values);
        x.Dispose();
        return values;
    }

    private DecoderModel Reduce(DecoderModel model, IReadOnlyList<IReadOnlyList<int>?> kept)
    {
        Directory.CreateDirectory(directory["smaller"]);
        new FewerExperts(model, kept).Write(directory["smaller"]);
        return DecoderModel.Open(directory["smaller"], backend);
    }

    private string Copy(string family)
    {
        Directory.CreateDirectory(directory["dense"]);
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(Repository.Family(family), name), Path.Combine(directory["dense"], name));
        }

        return directory["dense"];
    }

    private static JsonObject Config(string directory)
        => JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "config.json")))!.AsObject();
}
