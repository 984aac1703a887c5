using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary>What one machine has made and pushed, another takes without computing.</summary>
public sealed class Exchanging : IDisposable
{
    private readonly RecipeProject project = new(
        "  a: { method: magnitude, sparsity: 0.5 }\n  b: { method: magnitude, sparsity: 0.6 }");

    [SkippableFact]
    public void A_pushed_artifact_is_pulled_and_built_without_the_server()
    {
        using var server = new CacheRemoteServer();
        project.Run("build").ExitCode.ShouldBe(0);
        Dictionary<string, string> made = RecipeProject.Digests(Path.Combine(project.Models, "a"));
        ToolRun push = Exchange("push", server.Address, "readwrite", project.Cache, "--json");
        push.ExitCode.ShouldBe(0, push.Error);
        push.Json.GetProperty("artifacts").EnumerateArray()
            .Select(artifact => (artifact.GetProperty("name").GetString(), artifact.GetProperty("done").GetBoolean()))
            .ShouldBe([("a", true), ("b", true)]);

        Directory.Delete(project.Models, recursive: true);
        Exchange("pull", server.Address, "read", project["elsewhere"]).ExitCode.ShouldBe(0);
        server.Stop();
        ToolRun build = project.Run("build", "--cache", project["elsewhere"], "--on-cache-miss", "error");
        build.ExitCode.ShouldBe(0, build.Error);
        RecipeProject.Digests(Path.Combine(project.Models, "a")).ShouldBe(made);
    }

    [SkippableFact]
    public void Layers_go_along_where_they_are_asked_for()
    {
        using var server = new CacheRemoteServer();
        project.Run("build").ExitCode.ShouldBe(0);
        Exchange("push", server.Address, "readwrite", project.Cache, "--layers").Output
            .ShouldContain("a: stored, 2 of 2 layers");
        ToolRun pull = Exchange("pull", server.Address, "read", project["elsewhere"], "--layers", "--json");
        pull.ExitCode.ShouldBe(0, pull.Error);
        pull.Json.GetProperty("artifacts")[1].GetProperty("layersDone").GetInt32().ShouldBe(2);
    }

    [SkippableFact]
    public void What_is_nowhere_is_a_failure()
    {
        using var server = new CacheRemoteServer();
        project.Run("build", "--artifact", "a").ExitCode.ShouldBe(0);
        ToolRun pull = Exchange("pull", server.Address, "read", project["elsewhere"], "--json");
        pull.ExitCode.ShouldBe(1);
        JsonElement artifact = pull.Json.GetProperty("artifacts").EnumerateArray().Single();
        artifact.GetProperty("done").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public void Without_a_remote_cache_or_a_lock_file_there_is_nothing_to_exchange()
    {
        ToolRun.Of("cache", "push", project["pruning.yaml"], "--cache", project.Cache).Error
            .ShouldContain("error SLM4010");
        project.Run("build", "--artifact", "a").ExitCode.ShouldBe(0);
        foreach (string command in (string[])["push", "pull"])
        {
            ToolRun run = ToolRun.Of("cache", command, project["pruning.yaml"], "--cache", project.Cache);
            run.ExitCode.ShouldBe(1);
            run.Error.ShouldContain("error SLM4025");
        }
    }

    [Fact]
    public void Two_artifacts_can_be_compared()
    {
        project.Run("build").ExitCode.ShouldBe(0);
        ToolRun diff = ToolRun.Of(
            "diff",
            Path.Combine(project.Models, "a"),
            Path.Combine(project.Models, "b"),
            "--json");
        diff.ExitCode.ShouldBe(0, diff.Error);
        JsonElement total = diff.Json.GetProperty("total");
        total.GetProperty("sparsityA").GetDouble().ShouldBe(0.5, 1e-4);
        total.GetProperty("sparsityB").GetDouble().ShouldBe(0.6, 1e-4);

        // Magnitude keeps the largest: at 60 % a part of what it keeps at 50 %.
        total.GetProperty("maskOverlap").GetDouble().ShouldBe(0.8, 1e-3);
        total.GetProperty("relativeDistance").GetDouble().ShouldBeInRange(0.01, 0.5);
        JsonElement tensor = diff.Json.GetProperty("tensors").EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == "model.decoder.layers.0.fc1.weight");
        tensor.GetProperty("sparsityA").GetDouble().ShouldBe(0.5, 1e-4);
        ToolRun.Of("diff", Path.Combine(project.Models, "a"), Path.Combine(project.Models, "b")).Output
            .ShouldContain("mask overlap");
    }

    private ToolRun Exchange(
        string command,
        Uri server,
        string mode,
        string cache,
        params string[] options) => ToolProcess.Run(
        new Dictionary<string, string>
        {
            ["SPARSELLM_REMOTE_CACHE"] = server.ToString(),
            ["SPARSELLM_REMOTE_CACHE_MODE"] = mode
        },
        ["cache", command, project["pruning.yaml"], "--cache", cache, .. options]);

    public void Dispose() => project.Dispose();
}
