using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary>Builds with little memory, and what is measured only once.</summary>
public sealed class MemoryBudgets : IDisposable
{
    private readonly RecipeProject project = new("  a: { method: sparsellm, sparsity: 0.5 }");

    private string Artifact => Path.Combine(project.Models, "a");

    [Fact]
    public void A_budget_changes_nothing_but_where_activations_are()
    {
        project.Run("build", "--memory", "0").ExitCode.ShouldBe(0);
        byte[] made = File.ReadAllBytes(Path.Combine(Artifact, "model.safetensors"));
        using (var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Artifact, "pruning.json"))))
        {
            manifest.RootElement.GetProperty("spilledBytes").GetInt64().ShouldBeGreaterThan(0);
        }

        project.Leftovers().ShouldBeEmpty();
        File.AppendAllText(project["pruning.yaml"], "\nengine: { memory: 1GB }\n");
        project.Run("build").Error.ShouldContain("a: up to date");

        Directory.Delete(Artifact, recursive: true);
        project.Run("build", "--cache", "off").ExitCode.ShouldBe(0);
        File.ReadAllBytes(Path.Combine(Artifact, "model.safetensors")).ShouldBe(made);
        using var unlimited = JsonDocument.Parse(File.ReadAllText(Path.Combine(Artifact, "pruning.json")));
        unlimited.RootElement.GetProperty("spilledBytes").GetInt64().ShouldBe(0);
    }

    [Fact]
    public void A_budget_that_is_none_is_told_of()
    {
        ToolRun build = project.Run("build", "--memory", "lots");
        build.ExitCode.ShouldBe(2);
        build.Error.ShouldContain("write it like 4GB, 512MiB or 50%");
    }

    [Fact]
    public void The_dense_model_is_measured_once_for_all_builds()
    {
        File.WriteAllText(project["eval.txt"], File.ReadAllText(Repository.Text("sample-eval.txt"))[..4000]);
        const string evaluation = "\nevaluation:\n  perplexity:\n    prose: eval.txt\n";
        project.Write("  a: { method: magnitude, sparsity: 0.5 }");
        File.AppendAllText(project["pruning.yaml"], evaluation);
        string first = project.Run("build").Error;
        first.ShouldContain("dense: perplexity measured on prose");
        first.ShouldContain("a: perplexity measured on prose");

        project.Write("  a: { method: magnitude, sparsity: 0.5 }\n  b: { method: magnitude, sparsity: 0.6 }");
        File.AppendAllText(project["pruning.yaml"], evaluation);
        string second = project.Run("build").Error;
        second.ShouldContain("b: perplexity measured on prose");
        second.ShouldNotContain("dense: perplexity");
        second.ShouldNotContain("a: perplexity");
    }

    public void Dispose() => project.Dispose();
}
