using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;
using SparseLlm.Pruning.Tuning.Global;

namespace SparseLlm.Pruning.Tests;

/// <summary>A tiny random model of every family, pruned as a user would prune it.</summary>
public sealed class EveryFamily : IDisposable
{
    private const int Windows = 32;
    private const int Length = 24;

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    // Of these, one has norms behind its blocks, one two blocks side by side, one fused and transposed matrices, and one
    // experts, sinks and biases. Every kind of layer is tuned in <c>Walks</c> too.
    private static readonly string[] TunedByDay = ["gemma2", "gpt_neox", "gpt2", "gpt_oss"];

    public static TheoryData<string, string> Prunes
    {
        get
        {
            var prunes = new TheoryData<string, string>();
            foreach (string family in Families)
            {
                prunes.Add(family, "0.5");
                prunes.Add(family, "2:4");
            }

            return prunes;
        }
    }

    public static TheoryData<string> Tunes => [.. Families];

    private static IEnumerable<string> Families => Directory.EnumerateDirectories(Repository.Families)
        .Select(path => Path.GetFileName(path))
        .Order(StringComparer.Ordinal);

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Prunes))]
    public void Is_pruned_exactly_and_closer_to_the_dense_model_than_by_sparsegpt(string family, string pattern)
        => IsCloserThanBySparseGpt(family, pattern, "balanced");

    [SkippableTheory]
    [MemberData(nameof(Tunes))]
    public void So_it_is_where_budgets_are_spread_and_layers_are_tuned(string family)
    {
        if (!TunedByDay.Contains(family))
        {
            Repository.RequireAllQuality();
        }

        IsCloserThanBySparseGpt(family, "0.5", "best");
    }

    [SkippableTheory]
    [MemberData(nameof(Tunes))]
    public void It_comes_closer_where_all_layers_are_tuned_together(string family)
    {
        if (!TunedByDay.Contains(family))
        {
            Repository.RequireAllQuality();
        }

        using DecoderModel dense = DecoderModel.Open(Repository.Family(family), backend);
        var plan = new SparsityPlan(PruneRun.Pattern("0.5"), []);
        CalibrationTokens tokens = Tokens(dense.Definition.VocabularySize);
        PruningSettings settings = PruningSettings.For(PruningMethod.Wanda) with { GlobalEpochs = 2 };
        PrunedLayer[] layers = [.. new ModelPruner(dense, settings, plan, tokens).Run()];
        using DecoderModel pruned = Write(dense, layers);
        using var tuning = new GlobalTuning(dense, pruned, settings, plan, tokens);
        while (tuning.RunEpoch(CancellationToken.None))
        {
        }

        PrunedLayer[] tuned = [.. tuning.Result(layers)];
        tuned.Sum(layer => layer.Linears.Sum(linear => linear.Zeros))
            .ShouldBe(layers.Sum(layer => layer.Linears.Sum(linear => linear.Zeros)));
        float[] expected = Logits(dense, index => dense.LoadLayer(index), tokens);
        using DecoderModel written = Write(dense, layers.Concat(tuned));
        Distance(Logits(written, index => written.LoadLayer(index), tokens), expected)
            .ShouldBeLessThan(Distance(Logits(pruned, index => pruned.LoadLayer(index), tokens), expected));
    }

    private void IsCloserThanBySparseGpt(string family, string pattern, string preset)
    {
        using DecoderModel dense = DecoderModel.Open(Repository.Family(family), backend);
        var plan = new SparsityPlan(PruneRun.Pattern(pattern), []);
        CalibrationTokens tokens = Tokens(dense.Definition.VocabularySize);
        float[] expected = Logits(dense, index => dense.LoadLayer(index), tokens);
        double sparseGpt = Distance(
            Pruned(dense, PruningSettings.For(PruningMethod.SparseGpt), plan, tokens),
            expected);
        PruningSettings settings = PruningSettings.For(PruningMethod.SparseLlm, Preset.Find(preset));
        Distance(Pruned(dense, settings, plan, tokens), expected).ShouldBeLessThan(sparseGpt);
    }

    /// <summary>The logits of a pruned model, which are the same before and after it has been written and loaded, and
    /// whose weights are as sparse as asked for.</summary>
    private float[] Pruned(DecoderModel dense, PruningSettings settings, SparsityPlan plan, CalibrationTokens tokens)
    {
        SparsityPlan spread = BudgetAllocation.Allocate(dense, settings, plan, tokens);
        PrunedLayer[] layers = [.. new ModelPruner(dense, settings, spread, tokens).Run()];
        float[] inMemory = Logits(dense, index => dense.LoadLayer(index, layers[index].Overlay()), tokens, layers[^1]);
        using DecoderModel written = Write(dense, layers);
        Logits(written, index => written.LoadLayer(index), tokens).ShouldBe(inMemory);

        LinearDefinition[] pruned = [.. written.Definition.Layers.SelectMany(layer => layer.Linears)
            .Where(linear => !linear.StaysDense)];
        layers.SelectMany(layer => layer.Linears).Select(linear => linear.Name)
            .ShouldBe(pruned.Select(linear => linear.WeightName), ignoreOrder: true);
        foreach (LinearDefinition linear in plan.Default is SparsityPattern.Groups
            || settings.Allocation == AllocationKind.Uniform ? pruned : [])
        {
            var weights = new float[linear.Outputs * linear.Inputs];
            new SliceReader(linear.Weight, written.Checkpoint).Read(0, weights);
            (plan.Default is SparsityPattern.Groups
                ? weights.Chunk(4).All(group => group.Count(weight => weight == 0) == 2)
                : weights.Count(weight => weight == 0) == weights.Length / 2).ShouldBeTrue(linear.WeightName);
        }

        layers.Sum(layer => layer.Linears.Sum(linear => linear.Zeros))
            .ShouldBe(pruned.Sum(linear => (long)linear.Outputs * linear.Inputs / 2));
        return inMemory;
    }

    private DecoderModel Write(DecoderModel dense, IEnumerable<PrunedLayer> layers)
    {
        string target = directory[Guid.NewGuid().ToString("N")];
        CompanionFiles.Copy(dense.Directory, target);
        using (var writer = new CheckpointWriter(dense.Checkpoint, target))
        {
            foreach (PrunedTensor tensor in layers.SelectMany(layer => layer.Tensors))
            {
                writer.WriteBytes(tensor.Tensor, tensor.FirstByte, tensor.Bytes);
            }

            writer.Complete();
        }

        return DecoderModel.Open(target, backend);
    }

    /// <summary>The logits of all windows; the final norm is that of the last pruned layer, which distillation tunes
    /// along with it, if there is one.</summary>
    private float[] Logits(
        DecoderModel model,
        Func<int, DecoderLayer> load,
        CalibrationTokens tokens,
        PrunedLayer? last = null)
    {
        Matrix<float> hidden = model.Embed(tokens.Ids, Length);
        for (int index = 0; index < model.Definition.Layers.Count; index++)
        {
            using DecoderLayer layer = load(index);
            using Matrix<float> input = hidden;
            hidden = layer.Forward(input, Length);
        }

        using Matrix<float> output = hidden;
        using LanguageModelHead head = model.LoadHead();
        foreach ((TensorSlice slice, Matrix<float> values) in head.Norm?.Parameters ?? [])
        {
            if (last?.Tensors.FirstOrDefault(tensor => tensor.Tensor == slice.Tensor.Name) is { } tuned)
            {
                backend.Upload<float>(tuned.Values, values);
            }
        }

        using Matrix<float> logits = head.Logits(output);
        var host = new float[logits.Length];
        backend.Download<float>(logits, host);
        return host;
    }

    private static double Distance(float[] actual, float[] expected) =>
        Math.Sqrt(actual.Zip(expected, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(value => Math.Pow(value, 2)));

    /// <summary>Tokens that follow from the one before them and a little chance, so that there is something to be
    /// learned from each position.</summary>
    private static CalibrationTokens Tokens(int vocabulary)
    {
        var random = new Random(1);
        var ids = new int[Windows * Length];
        for (int i = 1; i < ids.Length; i++)
        {
            ids[i] = (ids[i - 1] * 7 + random.Next(12)) % vocabulary;
        }

        return CalibrationTokens.Cut(
            ids,
            new CalibrationSettings { Samples = Windows, SequenceLength = Length },
            modelMaximum: Length,
            new("test"));
    }
}
