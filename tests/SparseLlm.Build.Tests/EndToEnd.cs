using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>The packed tool itself, on a model of a few million weights.</summary>
[Collection(PackageFeedCollection.Name)]
public sealed class EndToEnd(PackageFeed feed)
{
    [Fact]
    public void The_package_prunes_a_model_and_then_leaves_it_alone()
    {
        TestProject project = RealProject("method: wanda");

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

    [Fact]
    public void A_project_made_from_the_template_prunes_when_it_is_built()
    {
        string directory = feed.NewDirectory();
        Run(directory, "new", "install", "SparseLlm.Templates@" + feed.Version, "--nuget-source", feed.Source);
        Run(directory, "new", "sparsellm", "--name", "Pruned", "--model", Repository.Model("tiny-opt"), "--method", "magnitude", "--sparsity", "0.5",
            "--device", "cpu", "--calibration", Repository.Text("sample-calibration.txt"), "--evaluation", Repository.Text("sample-eval.txt"));

        string project = Path.Combine(directory, "Pruned");
        Run(project, "build");
        File.ReadLines(Path.Combine(project, "pruning.yaml")).First().ShouldBe("# yaml-language-server: $schema=pruning.schema.json");
        File.ReadAllText(Path.Combine(project, "pruning.schema.json")).ShouldBe(File.ReadAllText(Path.Combine(Repository.Root, "schemas", "pruning.schema.json")));

        File.Exists(Path.Combine(project, "bin", "Debug", "net10.0", "models", "pruned", "pruning.json")).ShouldBeTrue();
    }

    [Fact]
    public void The_recipe_template_is_the_recipe_of_the_project_template()
    {
        string templates = Path.Combine(Repository.Root, "templates", "content");
        File.ReadAllText(Path.Combine(templates, "pruning", "pruning.yaml")).ShouldBe(File.ReadAllText(Path.Combine(templates, "sparsellm", "pruning.yaml")));
    }

    private void Run(string directory, params string[] arguments)
    {
        (int exitCode, string output) = DotNet.Run(feed.DotNet.Command(directory, arguments));
        exitCode.ShouldBe(0, output);
    }

    private TestProject RealProject(string setting) => new TestProject(feed, tool: TestProject.PackagedTool).WriteRecipe(setting);
}
