using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Recipes;
using SparseLlm.Reports.Tests.Support;

namespace SparseLlm.Reports.Tests;

/// <summary>Which artifacts of a recipe stand out; the gate of the samples is at 30 % over a perplexity of
/// 20.</summary>
public sealed class Rankings
{
    [Fact]
    public void The_smallest_that_meets_its_gates_is_the_best() =>
        Marks(("a", 21, 1000), ("b", 25, 700), ("c", 40, 500)).ShouldBe(
            ["◆\u00A0Pareto", "★\u00A0best, ◆\u00A0Pareto", "◆\u00A0Pareto"]);

    [Fact]
    public void Of_those_about_as_small_the_one_with_the_lower_perplexity_is_the_best_and_alone_on_the_front() =>
        Marks(("a", 25, 700), ("b", 22, 705), ("c", 24, 703)).ShouldBe(["", "★\u00A0best, ◆\u00A0Pareto", ""]);

    [Fact]
    public void What_is_larger_and_no_better_is_not_on_the_front() =>
        Marks(("a", 22, 700), ("b", 22, 900), ("c", 30, 800)).ShouldBe(["★\u00A0best, ◆\u00A0Pareto", "", ""]);

    [Fact]
    public void Where_all_miss_their_gates_none_is_the_best() =>
        Marks(("a", 40, 700), ("b", double.PositiveInfinity, 100)).ShouldBe(["◆\u00A0Pareto", ""]);

    [Fact]
    public void What_has_no_gate_is_not_the_best_of_those_that_meet_theirs()
    {
        ArtifactResult[] results = Results(("a", 25, 700), ("b", 25, 500));
        results[1] = results[1] with { Artifact = results[1].Artifact with { Gates = [] } };
        Marks(results).ShouldBe(["★\u00A0best", "◆\u00A0Pareto"]);
    }

    [Fact]
    public void What_is_alone_or_of_unknown_size_stands_out_in_nothing()
    {
        Marks(("a", 25, 700)).ShouldBe([""]);
        ArtifactResult[] results = Results(("a", 25, 700), ("b", 22, 800), ("c", 21, 100));
        results[2] = results[2] with { Manifest = results[2].Manifest! with { Size = new SizeReport(1000, 1000) } };
        Marks(results).ShouldBe(["★\u00A0best, ◆\u00A0Pareto", "◆\u00A0Pareto", ""]);
    }

    private static string[] Marks(params (string Name, double Pruned, long Compressed)[] artifacts)
        => Marks(Results(artifacts));

    private static string[] Marks(ArtifactResult[] results)
    {
        var ranking = new Ranking(results);
        return [.. results.Select(result => ranking.Marks(result, Samples.HostileText))];
    }

    private static ArtifactResult[] Results(params (string Name, double Pruned, long Compressed)[] artifacts)
    {
        Recipe recipe = Samples.Recipe([.. artifacts.Select(artifact => artifact.Name)]);
        return [.. recipe.Artifacts.Zip(artifacts, (artifact, made) =>
            new ArtifactResult(
                artifact,
                Samples.Manifest(made.Name, layers: 1, pruned: made.Pruned, compressed: made.Compressed)))];
    }
}
