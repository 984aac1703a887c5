using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Walks;

/// <summary>Sweeps over auxiliary variables, for which not every layer has the formulas.</summary>
public sealed class Refusing
{
    private static readonly PruningSettings Swept = new() { Sweeps = 1 };
    private static readonly PruningSettings Paper = new PruningSettings().WithVariant(SparseLlmVariant.Paper);

    [Theory]
    [InlineData("layer norms without parameters, approximate GELU by a sigmoid")]
    [InlineData("norms around mixers, gains from 1, capped and scaled scores, gated GELU")]
    [InlineData("frequencies of long sequences, scaled cosines and sines")]
    [InlineData("queries and keys normalised over all heads, norms of outputs alone")]
    [InlineData("parallel with a shared norm, interleaved rotary, SwiGLU")]
    [InlineData("experts whose weights are not normalised")]
    public void Sweeps_are_refused_before_anything_is_pruned_and_the_form_without_them_is_not(string layer)
    {
        using var model = new RandomModel([SampleLayers.All[layer]], SampleLayers.Hidden);
        foreach (PruningSettings settings in new[] { Swept, Paper })
        {
            Diagnostic error = Should.Throw<DiagnosticException>(
                () => new ModelPruner(model.Model, settings, RandomModel.Plan("0.5"), model.Tokens()))
                .Diagnostics.ShouldHaveSingleItem();
            error.Code.ShouldBe("SLM3016");
            error.Message.ShouldContain("Leave out 'sweeps' and 'variant'");
        }

        model.Prune(new PruningSettings(), RandomModel.Plan("0.5")).Single().Sweeps.ShouldBeNull();
        model.Prune(Paper with { Sweeps = 1 }, RandomModel.Plan("0.5")).Single().Sweeps.ShouldBeNull();
    }

    [Theory]
    [InlineData("layer norms first, ReLU")]
    [InlineData("layer norms of the sums, ReLU")]
    [InlineData("shared key-value heads, rotary, RMS norms, SwiGLU")]
    public void Sweeps_run_where_their_formulas_are_known(string layer)
    {
        using var model = new RandomModel([SampleLayers.All[layer]], SampleLayers.Hidden);
        foreach (PruningSettings settings in new[] { Swept, Paper })
        {
            model.Prune(settings, RandomModel.Plan("0.5")).Single().Sweeps.ShouldNotBeNull().Tried
                .ShouldBeGreaterThan(0);
        }
    }
}
