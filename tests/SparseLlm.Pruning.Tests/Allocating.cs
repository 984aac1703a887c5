using System.Runtime.InteropServices;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Definitions;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

/// <summary>A budget spread unequally over the tensors.</summary>
public sealed class Allocating
{
    private static readonly SparsityRule[] NoRules = [];

    [Theory]
    [InlineData("tiny-opt", AllocationKind.Error, 0.637, 0.12)]
    [InlineData("tiny-llama", AllocationKind.Error, 0.95, 0.12)]
    [InlineData("tiny-llama", AllocationKind.Error, 0.05, 0.12)]
    [InlineData("tiny-opt", AllocationKind.Owl, 0.637, 0.16)]
    [InlineData("tiny-llama", AllocationKind.Owl, 0.95, 0.16)]
    public void The_zeros_of_all_tensors_are_exactly_those_of_equal_sparsity_and_no_tensor_is_far_from_it(
        string model, AllocationKind allocation, double sparsity, double furthest)
    {
        var target = new SparsityPattern.Unstructured(sparsity);
        using PruneRun run = PruneRun.OnTwoLayers(model);
        Dictionary<string, LinearReport> reports = Prune(run, PruningMethod.Magnitude, allocation, target, NoRules);
        LinearDefinition[] linears = [.. run.Model.Definition.Layers.SelectMany(layer => layer.Linears)];

        reports.Values.Sum(report => report.Zeros)
            .ShouldBe(linears.Sum(linear => target.Zeros(linear.Outputs, linear.Inputs)));
        reports.Values.Select(report => report.Pattern).Distinct().Count().ShouldBeGreaterThan(2);
        const double OneWeight = 1e-4;
        foreach (LinearReport report in reports.Values)
        {
            report.Sparsity.ShouldBeInRange(
                sparsity - furthest - OneWeight,
                Math.Min(sparsity + furthest, 0.98) + OneWeight,
                report.Name);
            report.Sparsity
                .ShouldBe(double.Parse(report.Pattern, System.Globalization.CultureInfo.InvariantCulture), 1e-6);
        }
    }

    [Theory]
    [InlineData(AllocationKind.Error)]
    [InlineData(AllocationKind.Owl)]
    public void Tensors_under_a_rule_keep_their_pattern_and_the_others_share_their_own_budget(AllocationKind allocation)
    {
        var target = new SparsityPattern.Unstructured(0.8);
        SparsityRule[] rules =
        [
            new("*.out_proj.weight", Pattern: null),
            new("model.decoder.layers.0.*", new SparsityPattern.Groups(2, 4)),
            new("*.fc1.weight", new SparsityPattern.Unstructured(0.25)),
        ];
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        Dictionary<string, LinearReport> reports = Prune(run, PruningMethod.SparseGpt, allocation, target, rules);

        reports.Keys.ShouldNotContain(name => name.Contains("out_proj"));
        reports["model.decoder.layers.0.fc1.weight"].Pattern.ShouldBe("2:4");
        reports["model.decoder.layers.1.fc1.weight"].Sparsity.ShouldBe(0.25);
        LinearReport[] shared = [.. reports.Values.Where(report => !rules.Any(rule => rule.Matches(report.Name)))];
        shared.Sum(report => report.Zeros).ShouldBe(shared.Sum(report => target.Zeros(report.Rows, report.Columns)));
        shared.Select(report => report.Pattern).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public void A_pattern_of_groups_is_the_same_for_every_tensor()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        Prune(run, PruningMethod.Wanda, AllocationKind.Error, new SparsityPattern.Groups(2, 4), NoRules)
            .Values.ShouldAllBe(report => report.Pattern == "2:4" && report.Sparsity == 0.5);
    }

    [Theory]
    [InlineData(AllocationKind.Error)]
    [InlineData(AllocationKind.Owl)]
    public void The_same_bits_come_out_whatever_the_number_of_threads(AllocationKind allocation)
    {
        byte[] Bits(int threads)
        {
            using PruneRun run = PruneRun.OnTwoLayers("tiny-llama", threads);
            PruningSettings settings = PruningSettings.For(PruningMethod.SparseGpt) with { Allocation = allocation };
            var plan = new SparsityPlan(
                PruneRun.Pattern("0.8"),
                [new SparsityRule("*.gate_proj.*", PruneRun.Pattern("0.8"))]);
            return [.. run.Prune(settings, plan, samples: 2)
                .SelectMany(layer => layer.Tensors)
                .SelectMany(tensor => MemoryMarshal.AsBytes<float>(tensor.Values).ToArray())];
        }

        Bits(2).SequenceEqual(Bits(1)).ShouldBeTrue();
    }

    [SkippableTheory]
    [InlineData("tiny-opt", true)]
    [InlineData("tiny-llama")]
    public void Measured_errors_leave_more_than_equal_sparsity(string model, bool standsForAll = false)
    {
        if (!standsForAll)
        {
            Repository.RequireAllQuality();
        }

        using PruneRun run = PruneRun.OnTwoLayers(model);
        PruningSettings settings = PruningSettings.For(PruningMethod.SparseLlm) with
        { Solver = PruningMethod.SparseGpt };
        double Measure(AllocationKind allocation)
            => run.PerplexityOf(run.Prune(settings with { Allocation = allocation }, "0.9", samples: 12));
        Measure(AllocationKind.Error).ShouldBeLessThan(Measure(AllocationKind.Uniform));
    }

    [Fact]
    public void Magnitude_needs_calibration_data_for_an_unequal_allocation()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        PruningSettings settings = PruningSettings.For(PruningMethod.Magnitude) with
        { Allocation = AllocationKind.Owl };
        var plan = new SparsityPlan(new SparsityPattern.Unstructured(0.5), NoRules);
        Should.Throw<DiagnosticException>(() => new ModelPruner(run.Model, settings, plan, tokens: null))
            .Diagnostics.Single().Code.ShouldBe("SLM3008");
    }

    [Fact]
    public void A_plan_whose_budget_is_not_spread_yet_is_not_pruned_by()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        PruningSettings settings = PruningSettings.For(
            PruningMethod.Magnitude) with
        { Allocation = AllocationKind.Owl };
        var plan = new SparsityPlan(new SparsityPattern.Unstructured(0.5), NoRules);
        Should.Throw<ArgumentException>(() => new ModelPruner(run.Model, settings, plan, run.Tokens(samples: 4)));
    }

    private static Dictionary<string, LinearReport> Prune(
        PruneRun run, PruningMethod method, AllocationKind allocation, SparsityPattern target, SparsityRule[] rules) =>
        run.Prune(
            PruningSettings.For(method) with { Allocation = allocation },
            new SparsityPlan(target, rules),
            samples: 4)
            .SelectMany(layer => layer.Linears)
            .ToDictionary(report => report.Name);
}
