using System.Diagnostics;

namespace SparseLlm.Build.Tests.Support;

/// <summary>A copy of an example project, which refers to the package SparseLlm.Build as a user's does.</summary>
internal sealed class TestProject
{
    private static readonly PackageFeed Feed = PackageFeed.Shared;

    private int builds;

    /// <summary>A project that is restored already.</summary>
    /// <param name="example">Its folder, relative to Projects.</param>
    public TestProject(string example = "Models") => Root = Feed.Examples.Copy(example);

    private TestProject(string root, Dictionary<string, string> environment)
        => (Root, Environment) = (root, environment);

    public string Root { get; }

    /// <summary>Variables that its builds are given.</summary>
    public Dictionary<string, string> Environment { get; } = new() { ["FakeTool"] = BuildOutput.FakeTool };

    /// <summary>The processes that the fake tool was started as, each by its command line.</summary>
    public IReadOnlyList<string> Calls => CallsOf("pruning.yaml");

    /// <summary>A project that was never restored, and prunes with the tool of the package.</summary>
    public static TestProject AsCloned(string example)
        => new TestProject(Feed.Examples.CopySources(example), []).WithTool("");

    /// <summary>One of several projects of an example.</summary>
    public TestProject Below(string name) => new(PathOf(name), Environment);

    /// <summary>Lets another tool than the fake one prune; an empty path is that of the package's own.</summary>
    public TestProject WithTool(string path)
    {
        Environment["FakeTool"] = path;
        return this;
    }

    public IReadOnlyList<string> CallsOf(string recipe) =>
        File.Exists(PathOf(recipe + ".calls")) ? File.ReadAllLines(PathOf(recipe + ".calls")) : [];

    public string PathOf(string path) => Path.Combine(Root, path);

    public TestProject Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), text);
        return this;
    }

    /// <summary>A recipe for the real tool: an artifact <c>half</c> of a model, by default one with two layers.</summary>
    public TestProject WriteRecipe(string setting, int samples = 4, string? model = null) => Write(
        "pruning.yaml",
        $$"""
        version: 1
        model: {{model ?? ShallowModel.Of("tiny-opt")}}
        calibration:
          text: {{Repository.Text("sample-calibration.txt")}}
          samples: {{samples}}
          sequenceLength: 64
        artifacts:
          half:
            sparsity: 0.5
            {{setting}}
        """);

    public TestProject Copy(string source, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.Copy(source, PathOf(path));
        return this;
    }

    /// <summary>The files below a directory, relative to it, in order.</summary>
    public IReadOnlyList<string> FilesBelow(string directory) =>
        !Directory.Exists(PathOf(directory)) ? [] :
        [
            .. Directory.EnumerateFiles(PathOf(directory), "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(PathOf(directory), file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Builds what is restored already.</summary>
    public BuildResult Build(params string[] arguments) => Run(["build", "--no-restore", .. arguments]);

    /// <summary>Builds as far as the models go, where the rest of the build has nothing to say about them.</summary>
    public BuildResult Prune(params string[] arguments) => Build(["-t:SparseLlmPrune", .. arguments]);

    /// <summary>Runs a command of <c>dotnet</c> that builds.</summary>
    public BuildResult Run(params string[] arguments) => Run(Feed.Servers.Run, arguments);

    /// <summary>Runs a command as a person types it, in a process of its own.</summary>
    public BuildResult Type(params string[] arguments) => Run(DotNet.Run, arguments);

    /// <summary>A command as a person types it.</summary>
    public ProcessStartInfo Command(params string[] arguments)
    {
        ProcessStartInfo command = Feed.DotNet.Command(Root, arguments);
        foreach ((string name, string value) in Environment)
        {
            command.Environment[name] = value;
        }

        return command;
    }

    private BuildResult Run(Func<ProcessStartInfo, (int ExitCode, string Output)> run, string[] arguments)
    {
        string log = PathOf($"{builds++}.binlog");
        (int exitCode, string output) = run(Command([.. arguments, $"-bl:{log};ProjectImports=None"]));
        return new BuildResult(exitCode, output, File.Exists(log) ? log : "");
    }
}
