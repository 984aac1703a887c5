using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>The packed tool itself, on a model of a few million weights.</summary>
[Collection(PackageFeedCollection.Name)]
public sealed class EndToEnd(PackageFeed feed)
{
    [Fact]
    public void The_package_prunes_a_model_and_then_leaves_it_alone()
    {
        TestProject project = RealProject("sparsity: 0.5");

        BuildResult result = project.Build().ShouldSucceed();

        result.Output.ShouldContain("half");
        project.FilesBelow("bin/Debug/net10.0/models/half").ShouldContain("config.json");
        project.FilesBelow("bin/Debug/net10.0/models/half").ShouldContain("pruning.json");
        project.FilesBelow("bin/Debug/net10.0/models/half").ShouldContain(file => file.EndsWith(".safetensors"));
        project.Build("--no-restore").ShouldSucceed().Prunes.ShouldBe(0);
    }

    [Fact]
    public void The_package_reports_a_mistake_in_the_recipe_where_it_is()
    {
        TestProject project = RealProject("sparsty: 0.5");

        BuildResult result = project.Build().ShouldFail();

        result.Output.ShouldMatch(@"pruning\.yaml\(\d+,\d+,\d+,\d+\): error SLM1\d\d\d: .*sparsty");
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBeEmpty();
    }

    [Fact]
    public void The_tool_installs_as_a_dotnet_command()
    {
        string directory = feed.NewDirectory();
        var install = DotNet.Run(feed.DotNet.Command(directory, "tool", "install", "SparseLlm.Tool", "--version", feed.Version, "--tool-path", "bin"));
        install.ExitCode.ShouldBe(0, install.Output);

        var command = feed.DotNet.Command(directory, "sparsellm", "--version");
        command.Environment["PATH"] = Path.Combine(directory, "bin") + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        (int exitCode, string output) = DotNet.Run(command);

        exitCode.ShouldBe(0, output);
        output.ShouldContain(feed.Version);
    }

    private TestProject RealProject(string setting) => new TestProject(feed, tool: TestProject.PackagedTool).Write(
        "pruning.yaml",
        $$"""
        version: 1
        model: {{Repository.Model("tiny-opt")}}
        calibration:
          text: {{Repository.Text("sample-calibration.txt")}}
          samples: 4
          sequenceLength: 64
        artifacts:
          half:
            method: wanda
            {{setting}}
        """);
}
