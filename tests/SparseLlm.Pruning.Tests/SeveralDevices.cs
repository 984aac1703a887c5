using System.Text.Json;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

/// <summary>Matrices that are solved on several devices at the same time.</summary>
public sealed class SeveralDevices
{
    private const int Length = 32;

    [Theory]
    [InlineData("tiny-llama", "magnitude", 1)]
    [InlineData("tiny-llama", "sparsegpt", 2)]
    [InlineData("tiny-opt", "balanced", 1)]
    [InlineData("tiny-llama", "tuned", 1)]
    public void A_prune_gives_the_same_bits_and_reports_whatever_their_number(string model, string way, int others) =>
        Prune(model, Settings(way), samples: 16, others).ShouldBe(Prune(model, Settings(way), samples: 16, others: 0));

    [Fact]
    public void So_it_does_where_all_groups_of_a_layer_wait_for_each_other()
    {
        PruningSettings settings = Settings("sparsegpt") with { Sequential = false };
        Prune("tiny-llama", settings, samples: 16, others: 1).ShouldBe(
            Prune("tiny-llama", settings, samples: 16, others: 0));
    }

    [Fact]
    public void So_it_does_where_numbers_make_trouble_of_which_the_report_tells()
    {
        // Fewer tokens than any matrix has inputs, and nothing on the diagonal.
        PruningSettings settings = Settings("sparsegpt") with { Damping = 0 };
        string one = Prune("tiny-opt", settings, samples: 1, others: 0);
        one.ShouldContain("damping raised");
        Prune("tiny-opt", settings, samples: 1, others: 1).ShouldBe(one);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void So_it_does_for_experts_which_are_solved_side_by_side(bool sequential)
    {
        string one = PruneExperts(sequential, others: 0);
        PruneExperts(sequential, others: 1).ShouldBe(one);
        PruneExperts(sequential, others: 2).ShouldBe(one);
    }

    [Fact]
    public void Matrices_that_share_their_inputs_are_shared_out_by_size()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        using DecoderLayer layer = run.Model.LoadLayer(0);
        using FitGroup group = Group(run, [.. layer.Blocks[0].Mixer.Linears.Take(3)]);
        Places(run, others: 1, new FitJob(group, [null, null, null])).Values.ToArray()
            .ShouldBe([0, 1, 1], "k and v are half of q");
        Places(run, others: 2, new FitJob(group, [null, null, null])).Values.Order().ShouldBe([0, 1, 2]);
        Places(run, others: 0, new FitJob(group, [null, null, null])).ShouldBeEmpty();
    }

    [Fact]
    public void Of_several_groups_each_stays_together_and_one_matrix_stays_where_it_is()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        using DecoderLayer layer = run.Model.LoadLayer(0);
        Linear[] attention = [.. layer.Blocks[0].Mixer.Linears];
        using FitGroup projections = Group(run, attention[..3]);
        using FitGroup output = Group(run, attention[3..]);
        Dictionary<string, int> places = Places(
            run,
            others: 1,
            new FitJob(projections, [null, null, null]),
            new FitJob(output, [null]));
        attention[..3].Select(linear => places[linear.Definition.WeightName]).Distinct().Count().ShouldBe(1);
        places.Values.Distinct().Count().ShouldBe(2);
        Places(run, others: 1, new FitJob(output, [null])).ShouldBeEmpty();
    }

    private static Dictionary<string, int> Places(PruneRun run, int others, params FitJob[] jobs) =>
        new FitDevices(new PruningSettings(), run.Backend, Others(others)).Share(jobs)
            .SelectMany(share => share.Places
                .Select(place => (share.Job.Group[place].Linear.Definition.WeightName, share.Device)))
            .ToDictionary(share => share.WeightName, share => share.Device);

    private static FitGroup Group(PruneRun run, IReadOnlyList<Linear> linears) => new(
        run.Backend,
        linears[0].Definition.Inputs,
        [.. linears.Select(linear => new LinearFit(
            run.Backend,
            linear,
            new SparsityPattern.Unstructured(0.5),
            hasTargets: false,
            refitBias: false))]);

    private static string Prune(string model, PruningSettings settings, int samples, int others)
    {
        using PruneRun run = PruneRun.OnTwoLayers(model);
        var tokens = new CalibrationTokens(run.Tokens(samples).Ids[..(samples * Length)], Length);
        return Describe(new ModelPruner(
            run.Model,
            settings,
            BudgetAllocation.Allocate(run.Model, settings, new SparsityPlan(PruneRun.Pattern("0.6"), []), tokens),
            tokens,
            others: Others(others)).Run());
    }

    private static string PruneExperts(bool sequential, int others)
    {
        using var model = Models.DecoderModel.Open(Repository.Family("mixtral"), new CpuBackend(1));
        var tokens = new CalibrationTokens(
            [.. Enumerable.Range(0, 8 * 16).Select(token => token * 7 % model.Definition.VocabularySize)],
            16);
        PruningSettings settings = new() { Sequential = sequential };
        return Describe(new ModelPruner(
            model,
            settings,
            new SparsityPlan(PruneRun.Pattern("0.5"), []),
            tokens,
            others: Others(others)).Run());
    }

    private static IBackend[] Others(int count) => [.. Enumerable.Range(0, count).Select(_ => new CpuBackend(1))];

    /// <summary>Everything that a prune leaves, bit by bit.</summary>
    private static string Describe(IEnumerable<PrunedLayer> layers)
        => string.Join('\n', layers.Select(layer => JsonSerializer.Serialize(new
        {
            layer.Index,
            Tensors = layer.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor => (tensor.Name
                + tensor.Plane) + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(tensor.Bytes))),
            layer.Linears,
            layer.Fallbacks,
            layer.Sweeps,
            layer.Guards,
        })));

    private static PruningSettings Settings(string way) => way switch
    {
        "magnitude" => PruningSettings.For(PruningMethod.Magnitude),
        "sparsegpt" => PruningSettings.For(PruningMethod.SparseGpt),
        "tuned" => new PruningSettings
        {
            Solver = PruningMethod.SparseGpt,
            Allocation = AllocationKind.Error,
            TuningEpochs = 1,
            DistillationEpochs = 1,
        },
        _ => PruningSettings.For(PruningMethod.SparseLlm, Preset.Find(way)),
    };
}
