using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Tests;

public sealed class Warnings : IDisposable
{
    private const string Head = "version: 1\nmodel: model\ncalibration: { text: calibration.txt }\nevaluation: { "
        + "perplexity: { prose: eval.txt } }\n";

    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_setting_of_sparsellm_has_no_effect_on_other_methods()
    {
        var warnings = folder.ReadMarked(Head + "artifacts:\n  a:\n    method: wanda\n    sparsity: 0.5\n    settings: "
            + "{ «solver»: alps, damping: 0.1, «variant»: paper, «sweeps»: 2 }\n");

        warnings.ShouldAllBe(warning => warning.Code == "SLM1019" && warning.Severity == Severity.Warning);
        warnings[0].Message.ShouldContain("'solver' has no effect on wanda");
        folder.Read(File.ReadAllText(folder.RecipePath)).Require().Artifacts.ShouldHaveSingleItem()
            .Settings.ShouldBe(PruningSettings.For(PruningMethod.Wanda) with { Damping = 0.1 });
    }

    [Fact]
    public void A_setting_that_a_method_does_not_look_at_is_reported_and_stays_what_keys_are_made_of()
    {
        folder.ReadMarked(
            Head + "artifacts: { a: { method: magnitude, sparsity: 0.5, settings: { «damping»: 0.1 } } }\n")
            .ShouldHaveSingleItem().Message.ShouldBe("'damping' has no effect on magnitude, only on wanda, ria, "
                + "sparsegpt, admm, alps, sparsellm, and on any method with the allocation 'error'; remove it");
        folder.Read(File.ReadAllText(folder.RecipePath)).Require().Artifacts.ShouldHaveSingleItem()
            .Settings.ShouldBe(PruningSettings.For(PruningMethod.Magnitude) with { Damping = 0.1 });
        folder.ReadMarked(Head + "artifacts: { a: { method: ria, sparsity: 0.5, settings: { «comparison»: row, "
            + "«blockSize»: 64, «guard»: false } } }\n");
    }

    [Fact]
    public void What_errors_are_measured_with_has_an_effect_on_every_method_whose_budget_is_spread_by_them()
        => folder.ReadValid(Head + "artifacts: { a: { method: magnitude, sparsity: 0.5, settings: { damping: 0.1, "
            + "blockSize: 64, allocation: error } } }\n");

    [Fact]
    public void A_default_setting_that_no_artifact_heeds_is_reported_once()
    {
        var warnings = folder.ReadMarked(Head + "defaults: { sparsity: 0.5, settings: { «sweeps»: 2 } }\nartifacts: { "
            + "a: { method: wanda }, b: { method: ria } }\n");

        warnings.ShouldHaveSingleItem().Message.ShouldContain("no effect on wanda, ria");
    }

    [Fact]
    public void A_default_setting_that_one_artifact_heeds_is_not_reported() =>
        folder.ReadMarked(Head + "defaults: { sparsity: 0.5, settings: { solver: alps } }\nartifacts: { a: { matrix: { "
            + "method: [wanda, sparsellm] } } }\n");

    [Fact]
    public void A_preset_has_no_effect_on_other_methods()
    {
        folder.ReadMarked(Head + "artifacts: { a: { method: wanda, sparsity: 0.5, preset: «global» } }\n")
            .ShouldHaveSingleItem().ToString().ShouldContain(
                "warning SLM1019: the preset 'global' has no effect on wanda, only on sparsellm; remove it");
        folder.ReadMarked(
            Head + "defaults: { sparsity: 0.5, preset: best }\nartifacts: { a: { method: wanda }, b: {} }\n");
    }

    [Fact]
    public void How_passes_are_made_has_no_effect_without_passes()
    {
        folder.ReadMarked(Head + "artifacts: { a: { sparsity: 0.5, settings: { «globalRate»: 0.001 } } }\n")
            .ShouldHaveSingleItem().Message.ShouldBe("'globalRate' has no effect without globalEpochs; remove it");
        folder.ReadValid(Head + "artifacts: { a: { sparsity: 0.5, preset: global, settings: { globalRate: 0.001 } } }\n");
    }

    [Fact]
    public void The_guard_has_an_effect_on_every_method_whose_layers_are_tuned_together()
        => folder.ReadValid(Head + "artifacts: { a: { method: wanda, sparsity: 0.5, settings: { globalEpochs: 1, "
            + "guard: false } } }\n");

    [Fact]
    public void A_type_has_no_effect_on_artifacts_without_gguf()
    {
        folder.ReadMarked(
            Head + "defaults: { sparsity: 0.5, «type»: q8_0 }\nartifacts: { a: {}, b: { format: safetensors } }\n")
            .ShouldHaveSingleItem().ToString().ShouldContain(
                "warning SLM1019: 'type' has no effect on safetensors files");
        folder.ReadMarked(
            Head + "defaults: { sparsity: 0.5, type: q8_0 }\nartifacts: { a: {}, b: { format: gguf } }\n");
    }

    [Fact]
    public void A_fractional_limit_that_looks_like_a_percentage_is_reported()
    {
        var warning = folder.ReadMarked(
            Head + "artifacts: { a: { sparsity: 0.5, gates: { prose: { maxIncrease: «25» } } } }\n")
                .ShouldHaveSingleItem();

        warning.ToString().ShouldContain("warning SLM1020: 'maxIncrease: 25' allows 2500 %; write 25% or 2500%");
    }
}
