using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>Builds of the real tool that find what others made.</summary>
public sealed class Caching
{
    [Fact]
    public void Two_projects_with_the_same_recipe_prune_once_in_one_parallel_build()
    {
        TestProject solution = new TestProject("Both").WithTool("");
        TestProject[] projects = [solution.Below("One"), solution.Below("Two")];
        foreach (TestProject project in projects)
        {
            project.WriteRecipe("method: ria");
        }

        BuildResult result = solution.Build("-m:2").ShouldSucceed();

        result.Prunes.ShouldBe(2);
        result.Output.Split('\n').Count(line => line.Contains("half: layer 1/2 pruned")).ShouldBe(1, result.Output);
        result.Output.Split('\n').Count(line => line.Contains("half: from the cache")).ShouldBe(1, result.Output);
        Weights(projects[0]).ShouldBe(Weights(projects[1]));
    }

    [Fact]
    public void A_build_that_is_not_to_be_incremental_takes_the_models_from_the_cache_and_clean_leaves_it()
    {
        const string cache = "-p:SparseLlmCachePath=cache";
        TestProject project = new TestProject().WithTool("").WriteRecipe("method: magnitude");
        project.Build(cache).ShouldSucceed().Output.ShouldContain("half: layer 2/2 pruned");
        byte[] weights = Weights(project);
        IReadOnlyList<string> cached = project.FilesBelow("cache/cas");
        cached.ShouldNotBeEmpty();

        BuildResult again = project.Build(cache, "--no-incremental").ShouldSucceed();
        again.Prunes.ShouldBe(1);
        again.Output.ShouldContain("half: from the cache");
        Weights(project).ShouldBe(weights);

        project.Run("clean", cache).ShouldSucceed();
        project.FilesBelow("bin").ShouldNotContain(file => file.Contains("models/"));
        project.FilesBelow("cache/cas").ShouldBe(cached);
    }

    private static byte[] Weights(TestProject project)
        => File.ReadAllBytes(project.PathOf("bin/Debug/net10.0/models/half/model.safetensors"));
}
