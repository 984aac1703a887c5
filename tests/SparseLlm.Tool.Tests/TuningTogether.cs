namespace SparseLlm.Tool.Tests;

/// <summary>What is said of passes that tune all layers together before any time is spent on them.</summary>
public sealed class TuningTogether : IDisposable
{
    private const string FewTokens = "pruning.yaml(7,3,7,4): warning SLM3018: 'a' tunes 442368 weights together on "
        + "1024 calibration tokens, 0.0023 for each";

    private readonly RecipeProject project = new("  a: { method: wanda, sparsity: 0.5 }");

    [Fact]
    public void Plan_counts_the_passes_behind_layers_that_are_pruned_or_known()
    {
        project.Run("plan").Output.ShouldNotContain("together in");
        Write(passes: 12);
        project.Run("plan").Output.ShouldContain("prune 2 layers; tune all layers together in 12 passes");
        project.Write("  a: { method: wanda, sparsity: 0.5 }");
        project.Run("build").ExitCode.ShouldBe(0);
        Write(passes: 1);
        project.Run("plan").Output
            .ShouldContain("put it together from layers in the cache; tune all layers together in one pass");
        project.Run("plan", "--json").Output.ShouldContain("\"passes\": 1");
        project.Run("why a").Output.ShouldContain("1 of 1 passes are missing");
        ToolRun refused = project.Run("build", "--on-cache-miss", "error");
        refused.ExitCode.ShouldNotBe(0);
        refused.Error.ShouldContain(
            "SLM4013: 'a' is not in the cache; its layers are, and 1 of 1 passes over all of them would have to be made");
    }

    [Fact]
    public void Few_tokens_are_a_warning_of_plan_build_and_prune()
    {
        project.Run("plan").Error.ShouldNotContain("SLM3018");
        Write(passes: 1);
        project.Run("plan").Error.ShouldContain(FewTokens);
        ToolRun build = project.Run("build");
        build.ExitCode.ShouldBe(0, build.Error);
        build.Error.ShouldContain(FewTokens);
        ToolRun.Of(
            "prune", ShallowModel.Of("tiny-opt"), "--method", "wanda", "--set", "globalEpochs=1", "--sparsity", "0.5",
            "--calibration", Repository.Text("sample-calibration.txt"), "--samples", "4", "-o", project["once"])
            .Error.ShouldContain("warning SLM3018: 'once' tunes 442368 weights together");
    }

    [Fact]
    public void Drawn_tokens_make_do_with_fewer()
    {
        Write(passes: 1, samples: 128);
        project.Run("plan").Error.ShouldNotContain("SLM3018");
        Write(passes: 1, samples: 128, others: ", globalResampling: 0");
        project.Run("plan").Error.ShouldContain("0.0741 for each; with fewer than 0.25");
    }

    [Fact]
    public void Magnitude_is_not_tuned_whatever_others_of_the_recipe_are()
    {
        project.Write(
            "  a: { method: magnitude, sparsity: 0.5, settings: { globalEpochs: 1 } }\n"
            + "  q: { method: magnitude, sparsity: 0.5, settings: { globalEpochs: 1 }, quantization: { bits: 4 } }\n");
        ToolRun build = project.Run("build");
        build.ExitCode.ShouldBe(0, build.Error);
        build.Error.ShouldContain("SLM1019: 'globalEpochs' has no effect on magnitude");
        build.Error.ShouldNotContain("SLM3018");
        build.Error.ShouldNotContain("over all layers");
    }

    [Fact]
    public void Of_a_few_windows_one_is_held_back()
    {
        Write(passes: 1);
        string said = project.Run("build").Error;
        said.ShouldMatch("pass 1/1 over all layers, loss [0-9.]+, on held-back windows [0-9.]+");
        said.ShouldMatch("a: the model (after pass 1 is the best: loss on held-back windows|stays as it was)");
        File.ReadAllText(Path.Combine(project.Models, "a", "summary.md")).ShouldContain("All layers were tuned together.");
    }

    [Fact]
    public void Without_the_guard_nothing_is_said_to_be_undone()
    {
        project.Write("  a: { preset: fast, sparsity: 0.5, settings: { globalEpochs: 1, guard: false } }");
        project.Run("plan").Error.ShouldContain("nothing undoes that, since no windows are held back");
    }

    private void Write(int passes, int samples = 4, string others = "") => project.Write(
        $"  a: {{ method: wanda, sparsity: 0.5, settings: {{ globalEpochs: {passes}{others} }} }}", samples);

    public void Dispose() => project.Dispose();
}
