using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

[Collection(PackageFeedCollection.Name)]
public sealed class Errors(PackageFeed feed)
{
    [Fact]
    public void A_mistake_in_the_recipe_fails_the_build_with_file_line_column_and_code()
    {
        var project = new TestProject(feed);
        project.Write("pruning.yaml", $"artifact: a\nfail: {project.PathOf("pruning.yaml")}(12,5,12,13): error SLM1003: unknown key 'sparsty'");

        BuildResult result = project.Build().ShouldFail();

        result.Output.ShouldContain("pruning.yaml(12,5,12,13): error SLM1003: unknown key 'sparsty'");
        result.Output.ShouldNotContain("MSB6006", Case.Sensitive, "the exit code says nothing that the diagnostic does not");
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBeEmpty();
    }

    [Fact]
    public void A_failed_run_is_tried_again_and_leaves_the_artifacts_of_the_last_good_one()
    {
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a");
        project.Build().ShouldSucceed();

        project.Write("pruning.yaml", "artifact: a\nfail: pruning.yaml(1,1): error SLM3001: gate missed");
        project.Build("--no-restore").ShouldFail().Prunes.ShouldBe(1);
        project.Build("--no-restore").ShouldFail().Prunes.ShouldBe(1);

        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["a/config.json", "a/model.safetensors"]);
    }

    [Fact]
    public void A_tool_that_is_not_there_is_named()
    {
        var project = new TestProject(feed, tool: "/nowhere/dotnet-sparsellm.dll").Write("pruning.yaml", "artifact: a");

        project.Build().ShouldFail().Output.ShouldContain("error SLM5101: The pruning tool '/nowhere/dotnet-sparsellm.dll' does not exist.");
    }

    [Fact]
    public void A_policy_that_does_not_exist_is_an_error_before_the_tool_is_asked()
    {
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a");

        BuildResult result = project.Build("-p:SparseLlmOnCacheMiss=fail").ShouldFail();

        result.Output.ShouldContain("error SLM5103: SparseLlmOnCacheMiss is 'fail'. It can be 'build', 'warn' or 'error'.");
        project.Calls.ShouldBeEmpty();
    }

    [Fact]
    public void Two_recipes_with_an_artifact_of_the_same_name_are_an_error()
    {
        var project = new TestProject(feed, more: """<ItemGroup><PruningRecipe Include="other.yaml" /></ItemGroup>""")
            .Write("pruning.yaml", "artifact: a")
            .Write("other.yaml", "artifact: a");

        project.Build().ShouldFail().Output.ShouldContain("error SLM5102: Two recipes of this project make an artifact of the same name");
    }
}
