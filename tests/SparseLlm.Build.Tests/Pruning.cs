using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class Pruning
{
    [Fact]
    public void A_recipe_beside_the_project_is_pruned_into_the_output_directory()
    {
        var project = new TestProject("ShownModels");

        BuildResult result = project.Build().ShouldSucceed();

        project.FilesBelow("bin/Debug/net10.0/models")
            .ShouldBe(["small/config.json", "small/model.safetensors", "small/small-Q8_0.gguf", "tiny/config.json",
                "tiny/model.safetensors", "tiny/tiny-Q8_0.gguf"]);
        result.Output.ShouldContain("Made small, tiny");
        result.Output.ShouldContain(
            $"MODEL bin/Debug/net10.0/models/small/|small|0.7|prose=65.42|{new string('0', 64)}|{project.PathOf("pruning.yaml")}|safetensors|sparse|");
        result.Output.ShouldContain(
            $"MODEL bin/Debug/net10.0/models/small/small-Q8_0.gguf|small|0.7||{new string('1', 64)}|{project.PathOf("pruning.yaml")}|gguf||q8_0");
        result.Output.ShouldNotContain("SparseLlm.Build: [", Case.Sensitive, "a detailed log has it");
        ((string[])
        [
            $"[recipe] {project.PathOf("pruning.yaml")}", $"[input] {project.PathOf("pruning.yaml")}",
            $"[read] {project.PathOf("pruning.yaml")}", "[written] bin/Debug/net10.0/models/small/config.json",
            "[model] bin/Debug/net10.0/models/tiny/",
        ]).ShouldBeSubsetOf(result.Messages
            .Where(text => text.StartsWith("SparseLlm.Build: ", StringComparison.Ordinal))
            .Select(text => text["SparseLlm.Build: ".Length..]));
    }

    [Fact]
    public void A_project_without_a_recipe_builds_as_without_the_package()
    {
        BuildResult result = new TestProject().Build().ShouldSucceed();

        result.Prunes.ShouldBe(0);
    }

    [Fact]
    public void Properties_are_passed_on()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a\nartifact: b\nartifact: c");

        project.Build(
            "-p:SparseLlmDevice=cuda", "-p:SparseLlmPrecision=fast", "-p:SparseLlmDevices=0%3B1",
                "-p:SparseLlmArtifacts=a%3Bc", "-p:SparseLlmCachePath=cache/", "-p:SparseLlmOnCacheMiss=error",
                "-p:SparseLlmLocked=true", "-p:SparseLlmOffline=true", "-p:SparseLlmExecutor=local")
            .ShouldSucceed();

        project.Calls.Single().ShouldEndWith(
            $"--device cuda --precision fast --devices 0,1 --cache {project.PathOf("cache")} --on-cache-miss error "
            + $"--executor local --artifact=a --artifact=c --locked --offline");
        project.FilesBelow("bin/Debug/net10.0/models")
            .ShouldBe(["a/config.json", "a/model.safetensors", "c/config.json", "c/model.safetensors"]);
    }

    [SkippableFact]
    public void Names_arrive_as_they_are_whatever_is_in_them()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such file names.");
        const string recipe = "recipes/it's \"a\" 100% b;c.yaml";
        TestProject project = new TestProject("OddNames").Write(recipe, "artifact: two words");

        project.Build().ShouldSucceed();

        string call = project.CallsOf(recipe).Single();
        call.ShouldStartWith($"build [{project.PathOf(recipe)}] --output ");
        call.ShouldEndWith(
            """--artifact=@names --artifact=-x [--artifact=two words] --artifact=it's --artifact="quoted" """.TrimEnd());
        project.Build().ShouldSucceed().Prunes.ShouldBe(0);
    }

    [Fact]
    public void Recipes_of_other_names_are_named_by_the_project_and_by_targets_before_the_pruning()
    {
        var project = new TestProject("GeneratedRecipes");

        project.Build().ShouldSucceed();

        project.FilesBelow("bin/Debug/net10.0/models").Where(file => file.EndsWith("config.json"))
            .ShouldBe(["default/config.json", "one/config.json", "two/config.json"]);
        project.Write("recipes/one.yaml", "artifact: one\nartifact: more").Build().ShouldSucceed().Prunes.ShouldBe(1);
    }

    [Fact]
    public void An_artifact_that_the_recipe_no_longer_names_is_deleted()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a\nartifact: b");
        project.Build().ShouldSucceed();

        project.Write("pruning.yaml", "artifact: a").Build().ShouldSucceed();

        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["a/config.json", "a/model.safetensors"]);
    }

    [Fact]
    public void Two_projects_are_pruned_in_one_parallel_build()
    {
        var solution = new TestProject("Both");
        TestProject[] projects = [solution.Below("One"), solution.Below("Two")];
        foreach (TestProject project in projects)
        {
            project.Write("pruning.yaml", "artifact: a");
        }

        solution.Build("-m:2").ShouldSucceed();

        foreach (TestProject project in projects)
        {
            project.Calls.Count.ShouldBe(1);
            project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["a/config.json", "a/model.safetensors"]);
        }
    }
}
