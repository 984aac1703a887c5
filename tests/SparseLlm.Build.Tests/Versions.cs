using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>SDK, package and tool that do not fit each other.</summary>
public sealed class Versions
{
    private readonly PackageFeed feed = PackageFeed.Shared;

    [Fact]
    public void An_SDK_that_cannot_start_the_tool_is_an_error_that_says_which_can()
    {
        const string version = "9.0.305";
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");

        BuildResult result = project.Build("-p:NETCoreSdkVersion=" + version).ShouldFail();

        result.Output.ShouldContain(
            $"error SLM5104: SparseLlm.Build needs the .NET SDK 10.0 or newer to prune; this build runs on {version}.");
        project.Calls.ShouldBeEmpty();
        project.Build("-p:NETCoreSdkVersion=" + version, "-p:SparseLlmEnabled=false").ShouldSucceed();
    }

    [Fact]
    public void A_tool_of_another_version_is_not_started()
    {
        string other = typeof(ShouldBeTestExtensions).Assembly.Location;
        TestProject project = new TestProject().WithTool(other).Write("pruning.yaml", "artifact: a");

        project.Build().ShouldFail().Output.ShouldContain($"error SLM5105: The pruning tool '{other}' has version "
            + $"4.2.1, and the package SparseLlm.Build {feed.Version}: they do not fit.");
    }

    [Theory]
    [InlineData("dotnet-tools.json")]
    [InlineData(".config/dotnet-tools.json")]
    public void A_manifest_with_another_version_of_the_tool_is_warned_of(string manifest)
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a")
            .Write("../" + manifest, Manifest("99.1.0"));

        BuildResult result = project.Build().ShouldSucceed();

        result.Output.ShouldMatch(
            $@"dotnet-tools\.json : warning SLM5106: 'dotnet sparsellm' has version 99\.1\.0 here, and the package SparseLlm\.Build {feed.Version}: ");
        project.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public void A_manifest_with_another_patch_of_the_tool_is_none_of_the_builds_business()
    {
        string patch = string.Join('.', feed.Version.Split('.')[..2]) + ".99";
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a")
            .Write("dotnet-tools.json", Manifest(patch));

        project.Build().ShouldSucceed().Output.ShouldNotContain("SLM5106");
    }

    private static string Manifest(string version) =>
        $$"""{ "version": 1, "isRoot": true, "tools": { "sparsellm.tool": { "version": "{{version}}", "commands": [ "dotnet-sparsellm" ] } } }""";
}
