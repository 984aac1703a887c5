using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class Pruning
{
    private readonly PackageFeed feed = PackageFeed.Shared;

    private const string ShowModels =
        """
        <Target Name="Show" AfterTargets="SparseLlmAfterPrune">
          <Message Importance="high" Text="MODEL %(PrunedModel.Identity)|%(Artifact)|%(Sparsity)|%(Perplexity)|%(Digest)|%(Recipe)|%(Format)|%(Encoding)|%(Type)" />
        </Target>
        """;

    [Fact]
    public void A_recipe_beside_the_project_is_pruned_into_the_output_directory()
    {
        var project = new TestProject(feed, more: ShowModels).Write(
            "pruning.yaml",
            "artifact: small\nartifact: tiny\ngguf: q8_0");

        BuildResult result = project.Build().ShouldSucceed();

        project.FilesBelow("bin/Debug/net10.0/models")
            .ShouldBe(["small/config.json", "small/model.safetensors", "small/small-Q8_0.gguf", "tiny/config.json",
                "tiny/model.safetensors", "tiny/tiny-Q8_0.gguf"]);
        result.Output.ShouldContain("Made small, tiny");
        result.Output.ShouldContain(
            $"MODEL bin/Debug/net10.0/models/small/|small|0.7|prose=65.42|{new string('0', 64)}|{project.PathOf("pruning.yaml")}|safetensors|sparse|");
        result.Output.ShouldContain(
            $"MODEL bin/Debug/net10.0/models/small/small-Q8_0.gguf|small|0.7||{new string('1', 64)}|{project.PathOf("pruning.yaml")}|gguf||q8_0");
    }

    [Fact]
    public void A_project_without_a_recipe_builds_as_without_the_package()
    {
        BuildResult result = new TestProject(feed).Build().ShouldSucceed();

        result.Prunes.ShouldBe(0);
    }

    [Fact]
    public void Properties_are_passed_on()
    {
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a\nartifact: b\nartifact: c");

        project.Build(
            "-p:SparseLlmDevice=cuda", "-p:SparseLlmPrecision=fast", "-p:SparseLlmDevices=0%3B1",
                "-p:SparseLlmArtifacts=a%3Bc", "-p:SparseLlmCachePath=cache/", "-p:SparseLlmOnCacheMiss=error",
                "-p:SparseLlmLocked=true", "-p:SparseLlmOffline=true")
            .ShouldSucceed();

        project.Calls.Single().ShouldEndWith(
            $"--device cuda --precision fast --devices 0,1 --cache {project.PathOf("cache")} --on-cache-miss error "
            + $"--artifact=a --artifact=c --locked --offline");
        project.FilesBelow("bin/Debug/net10.0/models")
            .ShouldBe(["a/config.json", "a/model.safetensors", "c/config.json", "c/model.safetensors"]);
    }

    [SkippableFact]
    public void Names_arrive_as_they_are_whatever_is_in_them()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such file names.");
        const string more =
            """
            <PropertyGroup>
              <SparseLlmArtifacts>
                @names; -x; two words; it's; "quoted"
              </SparseLlmArtifacts>
            </PropertyGroup>
            <ItemGroup>
              <PruningRecipe Include="recipes/it's &quot;a&quot; 100%25 b%3Bc.yaml" />
            </ItemGroup>
            """;
        const string recipe = "recipes/it's \"a\" 100% b;c.yaml";
        var project = new TestProject(feed, more: more).Write(recipe, "artifact: two words");

        project.Build().ShouldSucceed();

        string call = project.CallsOf(recipe).Single();
        call.ShouldStartWith($"build [{project.PathOf(recipe)}] --output ");
        call.ShouldEndWith(
            """--artifact=@names --artifact=-x [--artifact=two words] --artifact=it's --artifact="quoted" """.TrimEnd());
        project.Build("--no-restore").ShouldSucceed().Prunes.ShouldBe(0);
    }

    [Fact]
    public void Recipes_of_other_names_are_named_by_the_project_and_by_targets_before_the_pruning()
    {
        const string recipes =
            """
            <ItemGroup>
              <PruningRecipe Include="recipes/one.yaml" />
            </ItemGroup>
            <Target Name="Generate" BeforeTargets="SparseLlmBeforePrune">
              <WriteLinesToFile File="obj/two.yaml" Lines="artifact: two" Overwrite="true" WriteOnlyWhenDifferent="true" />
              <ItemGroup>
                <PruningRecipe Include="obj/two.yaml" />
              </ItemGroup>
            </Target>
            """;
        var project = new TestProject(feed, more: recipes)
            .Write("pruning.yaml", "artifact: default")
            .Write("recipes/one.yaml", "artifact: one");

        project.Build().ShouldSucceed();

        project.FilesBelow("bin/Debug/net10.0/models").Where(file => file.EndsWith("config.json"))
            .ShouldBe(["default/config.json", "one/config.json", "two/config.json"]);
        project.Write("recipes/one.yaml", "artifact: one\nartifact: more").Build().ShouldSucceed().Prunes.ShouldBe(1);
    }

    [Fact]
    public void An_artifact_that_the_recipe_no_longer_names_is_deleted()
    {
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a\nartifact: b");
        project.Build().ShouldSucceed();

        project.Write("pruning.yaml", "artifact: a").Build().ShouldSucceed();

        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["a/config.json", "a/model.safetensors"]);
    }

    [Fact]
    public void Two_projects_are_pruned_in_one_parallel_build()
    {
        string solution = feed.NewDirectory();
        TestProject[] projects =
        [
            new TestProject(feed, parent: solution, name: "One").Write("pruning.yaml", "artifact: a"),
            new TestProject(feed, parent: solution, name: "Two").Write("pruning.yaml", "artifact: a"),
        ];
        File.WriteAllText(
            Path.Combine(solution, "Both.slnx"),
            """<Solution><Project Path="One/One.csproj" /><Project Path="Two/Two.csproj" /></Solution>""");

        projects[0].Build("../Both.slnx", "-m:2").ShouldSucceed();

        foreach (TestProject project in projects)
        {
            project.Calls.Count.ShouldBe(1);
            project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["a/config.json", "a/model.safetensors"]);
        }
    }
}
