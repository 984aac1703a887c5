using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary>What is computed again after a change, what is said of it, and what is locked.</summary>
public sealed class Incremental : IDisposable
{
    private const string Plain = "  a: { method: sparsegpt, sparsity: 0.5 }";
    private const string LastLayer = """
          a:
            method: sparsegpt
            sparsity: 0.5
            rules:
              - { match: "*.layers.1.*", sparsity: 0.6 }
        """;

    private readonly RecipeProject project = new(Plain);

    private string Artifact => Path.Combine(project.Models, "a");

    [Fact]
    public void A_rule_for_the_last_layer_prunes_that_layer_alone()
    {
        project.Run("build").ExitCode.ShouldBe(0);
        project.Write(LastLayer);
        JsonElement plan = project.Run("plan", "--json").Json.GetProperty("artifacts")[0];
        plan.GetProperty("action").GetString().ShouldBe("prune");
        plan.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("cached").GetBoolean())
            .ShouldBe([true, false]);
        ToolRun build = project.Run("build");
        build.Error.ShouldContain("a: layer 1/2 from the cache");
        build.Error.ShouldContain("a: layer 2/2 pruned");
        Dictionary<string, string> resumed = RecipeProject.Digests(Artifact);

        Directory.Delete(Artifact, recursive: true);
        project.Run("build", "--cache", "off").Error.ShouldContain("a: layer 1/2 pruned");
        RecipeProject.Digests(Artifact).ShouldBe(resumed);
    }

    [Fact]
    public void A_deleted_or_edited_artifact_comes_from_the_cache()
    {
        project.Run("build").ExitCode.ShouldBe(0);
        Dictionary<string, string> made = RecipeProject.Digests(Artifact);
        Directory.Delete(Artifact, recursive: true);
        ToolRun again = project.Run("build");
        again.Error.ShouldContain("a: from the cache");
        RecipeProject.Digests(Artifact).ShouldBe(made);

        using (FileStream file = File.OpenWrite(Path.Combine(Artifact, "model.safetensors")))
        {
            file.Seek(-1, SeekOrigin.End);
            file.WriteByte(0x55);
        }

        project.Run("status").Output.ShouldContain("a: stale: its files are not as they were written");
        project.Run("build").Error.ShouldContain("a: from the cache");
        RecipeProject.Digests(Artifact).ShouldBe(made);
    }

    [Fact]
    public void Status_and_why_say_what_has_changed_and_what_says_so()
    {
        project.Run("status").Output.ShouldContain("a: stale: it is not there");
        project.Run("why a").Output.ShouldContain("It has not been built before.");
        project.Run("build").ExitCode.ShouldBe(0);
        project.Run("status", "--exit-code").ExitCode.ShouldBe(0);
        project.Run("why a").Output.ShouldContain("a is up to date.");

        project.Write(LastLayer, samples: 5);
        const string Reason = "layer 1: sparsity 0.5 -> 0.6 by rule 1 (pruning.yaml line 11)";
        ToolRun status = project.Run("status", "--exit-code");
        status.ExitCode.ShouldBe(3);
        status.Output.ShouldContain("a: stale: calibration samples 4 -> 5; and 1 more");
        ToolRun why = project.Run("why a");
        why.Output.ShouldContain("Changed since pruning.lock.json:");
        why.Output.ShouldContain(Reason);
        File.Delete(project.LockFile);
        project.Run("why a").Output.ShouldContain("Changed since the last build:");
        JsonElement change = project.Run("why a", "--json").Json.GetProperty("changes")[1];
        change.GetProperty("after").GetString().ShouldBe("0.6");
        change.GetProperty("firstLayer").GetInt32().ShouldBe(1);
    }

    [Fact]
    public void A_locked_build_holds_inputs_and_results_against_the_lock_file()
    {
        ToolRun unlocked = project.Run("build", "--locked");
        unlocked.ExitCode.ShouldBe(1);
        unlocked.Error.ShouldContain("error SLM4010: there is no lock file");

        project.Run("build").ExitCode.ShouldBe(0);
        string written = File.ReadAllText(project.LockFile);
        project.Run("build", "--locked").ExitCode.ShouldBe(0);
        project.Write("  # a comment, and another order of keys\n  a: { sparsity: 0.5, method: sparsegpt }");
        project.Run("build", "--locked-mode").ExitCode.ShouldBe(0);

        project.Write(LastLayer);
        ToolRun moved = project.Run("build", "--locked");
        moved.ExitCode.ShouldBe(1);
        moved.Error.ShouldContain(
            "pruning.yaml(7,3,7,4): error SLM4011: 'a' is locked, but layer 1: sparsity 0.5 -> 0.6 by rule 1");
        File.ReadAllText(project.LockFile).ShouldBe(written);

        project.Write(Plain);
        using var locked = JsonDocument.Parse(written);
        string digest = locked.RootElement.GetProperty("artifacts").GetProperty("a").GetProperty("digest").GetString()!;
        File.WriteAllText(project.LockFile, written.Replace(digest, new string('0', 64), StringComparison.Ordinal));
        project.Run("build", "--locked").Error.ShouldContain("the same inputs gave other files");
        File.WriteAllText(project.LockFile, "{}");
        project.Run("build", "--locked").Error.ShouldContain("error SLM4012");
        ToolRun leftAlone = project.Run("build");
        leftAlone.ExitCode.ShouldBe(0);
        leftAlone.Error.ShouldContain("warning SLM4015");
        File.ReadAllText(project.LockFile).ShouldBe("{}");
        File.Delete(project.LockFile);
        project.Run("build").ExitCode.ShouldBe(0);
        File.ReadAllText(project.LockFile).ShouldBe(written);
    }

    [Fact]
    public void The_lock_file_keeps_artifacts_that_were_not_asked_for_and_drops_those_that_are_gone()
    {
        project.Write("  a: { method: magnitude, sparsity: 0.5 }\n  b: { method: magnitude, sparsity: 0.6 }");
        project.Run("build").ExitCode.ShouldBe(0);
        string both = File.ReadAllText(project.LockFile);
        project.Run("build", "--artifact", "b").ExitCode.ShouldBe(0);
        File.ReadAllText(project.LockFile).ShouldBe(both);
        project.Write("  b: { method: magnitude, sparsity: 0.6 }");
        project.Run("build").ExitCode.ShouldBe(0);
        using var locked = JsonDocument.Parse(File.ReadAllText(project.LockFile));
        locked.RootElement.GetProperty("artifacts").EnumerateObject().Select(artifact => artifact.Name).ShouldBe(["b"]);
    }

    [Fact]
    public void Where_nothing_may_be_computed_only_the_cache_is_used()
    {
        ToolRun missing = project.Run("build", "--on-cache-miss", "error");
        missing.ExitCode.ShouldBe(4);
        missing.Error.ShouldContain("error SLM4013: 'a' is not in the cache; layers 0..1 of 2 would have to be pruned");
        Directory.Exists(Artifact).ShouldBeFalse();
        project.Run("build", "--on-cache-miss", "warn").Error.ShouldContain("warning SLM4014");
        Directory.Delete(project.Models, recursive: true);
        project.Run("build", "--on-cache-miss", "error").ExitCode.ShouldBe(0);
    }

    public void Dispose() => project.Dispose();
}
