using SparseLlm.Diagnostics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Nothing is written where something is read.</summary>
public sealed class Overlapping : BuildTest
{
    [Theory]
    [InlineData("work/model")]
    [InlineData("work/link")]
    [InlineData("work/model/pruned")]
    [InlineData("work/link/pruned")]
    [InlineData("work")]
    public void A_model_is_not_pruned_onto_into_or_around_itself(string output)
    {
        // A model that was pruned before has the mark of an artifact, which may be replaced.
        Build(Request() with { Output = Temp["work/model"] });
        Model = Temp["work/model"];
        Directory.CreateSymbolicLink(Temp["work/link"], "model");
        byte[] before = File.ReadAllBytes(Temp["work/model/model.safetensors"]);
        ShouldOverlap(Request(0.7) with { Output = Temp[output] }, Temp[output]);
        File.ReadAllBytes(Temp["work/model/model.safetensors"]).ShouldBe(before);
        new DirectoryInfo(Temp["work/link"]).LinkTarget.ShouldBe("model");

        Build(Request(0.7) with { Output = Temp["other"] }).Origin.ShouldBe(ArtifactOrigin.Pruned);
    }

    [Theory]
    [InlineData("calibration")]
    [InlineData("evaluation")]
    [InlineData("cache")]
    public void Nothing_that_is_read_lies_in_an_output(string what)
    {
        string text = Temp["models/a/text.txt"];
        var place = new SourceLocation("pruning.yaml", 3, 1);
        PruneRequest request = what switch
        {
            "calibration" => Request() with
            {
                Calibration = new CalibrationSource(new TextSource([text]), new CalibrationSettings(), place)
            },
            "evaluation" => Request() with
            {
                Perplexities = [new PerplexityText("prose", new TextSource([text]), null, place)]
            },
            _ => Request(),
        };
        ShouldOverlap(
            request with { Location = place },
            "pruning.yaml",
            what == "cache" ? Temp["models/a/cache"] : null);
    }

    [Fact]
    public void A_recipe_is_held_against_all_that_its_builds_write()
    {
        Build(Request() with { Output = Temp["models/a"] });
        ShouldOverlap("pruning.yaml", Temp["models/a"], "a", "(4,");
        ShouldOverlap("models/b/pruning.yaml", Repository.Model("tiny-opt"), "b", "(5,");
        Directory.Delete(Temp["models/b"]);
        Directory.CreateSymbolicLink(Temp["models/b"], "a");
        ShouldOverlap("pruning.yaml", Repository.Model("tiny-opt"), "a", "(5,");
    }

    [Fact]
    public void What_is_in_the_way_of_any_artifact_is_said_before_time_is_spent_on_the_first()
    {
        Directory.CreateDirectory(Temp["models/b"]);
        File.WriteAllText(Temp["models/b/config.json"], "three years of work");
        ShouldBeRefused(
            "pruning.yaml",
            Model,
            "SLM4001",
            "models/b/config.json",
            "not written by this tool",
            ["a", "b"],
            ["b"]);
        Directory.Exists(Temp["models/a"]).ShouldBeFalse();
    }

    private void ShouldOverlap(PruneRequest request, string location, string? cache = null)
    {
        Diagnostic error = Should.Throw<DiagnosticException>(() => Build(request, root: cache)).Diagnostics.Single();
        (error.Code, error.Location!.File).ShouldBe(("SLM4007", location));
    }

    private void ShouldOverlap(string path, string model, string named, string place) =>
        ShouldBeRefused(path, model, "SLM4007", place, named, ["a"], ["b"]);

    /// <summary>A recipe is refused, whichever artifacts are asked for, and a plan says so too.</summary>
    private void ShouldBeRefused(
        string path,
        string model,
        string code,
        string place,
        string named,
        params string[][] artifacts)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Temp[path])!);
        File.WriteAllText(Temp[
            path], $"version: 1\nmodel: {model}\nartifacts:\n  a: {{ method: magnitude, sparsity: 0.5 }}\n  b: {{ "
                + $"method: magnitude, sparsity: 0.6 }}\n");
        Recipe recipe = RecipeReader.Read(Temp[path], ToolVersion.Current).Require();
        using var engine = new LocalEngine(new CpuBackend());
        var build = new RecipeBuild(recipe, Temp["models"], engine, Open());
        Action[] actions =
        [
            .. artifacts.Select(
                names => (Action)(() => build.Run(new BuildOptions { Artifacts = names }, CancellationToken.None))),
            .. artifacts.Select(names => (Action)(() => new RecipePlan(
                recipe,
                Temp["models"],
                engine.NumericsClass,
                Open()).Plan(names))),
        ];
        foreach (Action action in actions)
        {
            Diagnostic error = Should.Throw<DiagnosticException>(action).Diagnostics.Single();
            error.Code.ShouldBe(code);
            error.ToString().ShouldContain(place);
            error.Message.ShouldContain(named);
        }

        File.Delete(Temp[path]);
    }
}
