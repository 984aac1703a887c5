using System.Text.Json;

namespace SparseLlm.Tool.Tests.Engines;

/// <summary>
/// An engine with libtorch, installed and at work. Its packages are not part of the repository: SPARSELLM_ENGINE_FEEDS names folders that have them, and the libraries of this version,
/// separated as in PATH; SPARSELLM_ENGINE_VERSION is the version of TorchSharp.
/// </summary>
public sealed class Publishing : IDisposable
{
    private readonly EngineFolder engines = new();
    private readonly RecipeProject project = new("  a: { method: sparsegpt, sparsity: 0.5 }");

    [SkippableFact]
    public void An_installed_engine_prunes_as_well_as_the_built_in_one_and_leaves_when_it_is_removed()
    {
        string? feeds = Environment.GetEnvironmentVariable("SPARSELLM_ENGINE_FEEDS");
        string? version = Environment.GetEnvironmentVariable("SPARSELLM_ENGINE_VERSION");
        Skip.If(feeds is null || version is null, "SPARSELLM_ENGINE_FEEDS and SPARSELLM_ENGINE_VERSION do not name packages of an engine");
        string[] install = ["install", "cpu-torch", "--version", version, .. feeds.Split(Path.PathSeparator).SelectMany(feed => (string[])["--source", feed]), "--json"];

        // The second time in the place of the first.
        foreach (int _ in Enumerable.Range(1, 2))
        {
            ToolProcess installed = Run(["engine", .. install]);
            installed.ExitCode.ShouldBe(0, installed.Error);
            installed.Json.TryGetProperty("trouble", out JsonElement trouble).ShouldBeFalse(trouble.ToString());
            installed.Json.GetProperty("numericsClass").GetString()!.ShouldStartWith("torch-cpu");
            Directory.EnumerateFileSystemEntries(Path.Combine(engines.Path, "cpu-torch")).ShouldHaveSingleItem();
        }

        ToolProcess build = Run(project.Arguments("build", "--device", "cpu-torch"));
        build.ExitCode.ShouldBe(0, build.Error);
        build.Error.ShouldContain("libtorch");
        string artifact = Path.Combine(project.Models, "a");
        double byTorch = Perplexity(artifact);
        Run(project.Arguments("build", "--device", "cpu")).ExitCode.ShouldBe(0);
        Perplexity(artifact).ShouldBe(byTorch, tolerance: 0.002 * byTorch);

        Run(["engine", "remove", "cpu-torch"]).ExitCode.ShouldBe(0);
        Directory.Exists(Path.Combine(engines.Path, "cpu-torch")).ShouldBeFalse();
    }

    private static double Perplexity(string model) =>
        ToolProcess.Run("eval", model, "--text", Repository.Text("sample-eval.txt"), "--json").Json.GetProperty("perplexity").GetDouble();

    private ToolProcess Run(string[] arguments) => ToolProcess.Run(engines.Environment(), arguments);

    public void Dispose()
    {
        project.Dispose();
        engines.Dispose();
    }
}
