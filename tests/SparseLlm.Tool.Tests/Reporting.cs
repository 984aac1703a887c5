using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary>The pages that a build leaves for people.</summary>
public sealed class Reporting : IDisposable
{
    private readonly TempDirectory directory = new();

    // What is measured is not the subject: a page of text will do.
    public Reporting()
        => File.WriteAllText(Evaluation, File.ReadAllText(Repository.Text("sample-eval.txt"))[..4000]);

    private string Evaluation => directory["eval.txt"];

    [Fact]
    public void A_report_speaks_of_the_gates_as_they_are_now_without_pruning_again()
    {
        Write("a: { method: magnitude, sparsity: 0.5 }");
        Build().ExitCode.ShouldBe(0);
        Report("a").ShouldNotContain("Gate on");
        Write("a: { method: magnitude, sparsity: 0.5, gates: { prose: { max: 1 } } }");
        ToolRun build = Build();
        build.ExitCode.ShouldBe(1);
        build.Error.ShouldContain("a: up to date");
        Report("a").ShouldContain("at most 1.000");
        Report("a").ShouldContain("✗ missed");
        File.ReadAllText(directory["models/a/summary.md"]).ShouldContain("| prose | at most 1.000 |");
        File.ReadAllText(directory["models/summary.html"]).ShouldContain("✗ missed");
        File.ReadAllText(directory["models/summary.md"]).ShouldContain("✗ **missed** at most 1.000");
    }

    [Fact]
    public void A_summary_holds_the_artifacts_of_earlier_builds_too_unless_the_recipe_has_changed_them()
    {
        Write("a: { method: magnitude, sparsity: 0.5 }, b: { method: magnitude, sparsity: 0.6 }");
        Build("--artifact", "a").ExitCode.ShouldBe(0);
        Summary.ShouldContain("1 of 2 artifacts");
        Build("--artifact", "b").ExitCode.ShouldBe(0);
        Summary.ShouldContain("2 of 2 artifacts");
        Write("a: { method: magnitude, sparsity: 0.7 }, b: { method: magnitude, sparsity: 0.6 }");
        Build("--artifact", "b").ExitCode.ShouldBe(0);
        Summary.ShouldContain("1 of 2 artifacts");
    }

    [Fact]
    public void Recipes_with_one_output_have_a_summary_each()
    {
        Write("a: { method: magnitude, sparsity: 0.5 }");
        Build().ExitCode.ShouldBe(0);
        string first = Summary;
        File.Copy(directory["pruning.yaml"], directory["other.yaml"]);
        File.WriteAllText(directory["other.yaml"], File.ReadAllText(directory["other.yaml"]).Replace(" a:", " c:"));
        ToolRun.Of(
            "build",
            directory["other.yaml"],
            "--output",
            directory["models"],
            "--manifest",
            directory["notes"]).ExitCode.ShouldBe(0);
        Summary.ShouldBe(first);
        string other = File.ReadAllLines(directory["notes.outputs"])
            .Single(line => line.StartsWith("summary") && line.EndsWith(".html"));
        other.ShouldNotBe("summary.html");
        File.ReadAllText(directory["models/" + other]).ShouldContain("c/report.html");
    }

    [Fact]
    public void Memory_sizes_and_masks_are_in_the_manifest_and_survive_the_cache()
    {
        Write("a: { method: magnitude, sparsity: 0.5 }");
        Build("--cache", directory["cache"]).ExitCode.ShouldBe(0);
        string report = Report("a");
        Directory.Delete(directory["models/a"], recursive: true);
        Build("--cache", directory["cache"]).Error.ShouldContain("a: from the cache");
        Report("a").ShouldBe(report);
        using var manifest = JsonDocument.Parse(File.ReadAllText(directory["models/a/pruning.json"]));
        manifest.RootElement.GetProperty("peakMemory").GetInt64().ShouldBeGreaterThan(1 << 20);
        manifest.RootElement.GetProperty("size").GetProperty("pruned").GetInt64()
            .ShouldBe(new FileInfo(directory["models/a/model.safetensors"]).Length);
        JsonElement mask = manifest.RootElement.GetProperty("tensors")[0].GetProperty("mask");
        mask.GetProperty("cells").GetBytesFromBase64().Length
            .ShouldBe(mask.GetProperty("rows").GetInt32() * mask.GetProperty("columns").GetInt32());
    }

    private string Summary => File.ReadAllText(directory["models/summary.html"]);

    private string Report(string artifact) => File.ReadAllText(directory[$"models/{artifact}/report.html"]);

    private void Write(string artifacts) => File.WriteAllText(directory["pruning.yaml"], $$"""
        version: 1
        model: {{ShallowModel.Of("tiny-opt")}}
        evaluation:
          perplexity: { prose: { text: {{Evaluation}}, sequenceLength: 64 } }
        artifacts: { {{artifacts}} }
        """);

    private ToolRun Build(params string[] options) =>
        ToolRun.Of(["build", directory["pruning.yaml"], "--output", directory["models"], .. options]);

    public void Dispose() => directory.Dispose();
}
