using System.Diagnostics;

namespace SparseLlm.Build.Tests.Support;

/// <summary>
/// A project that refers to the package SparseLlm.Build as a user's does. Unless told otherwise it has a fake recipe
/// and runs the fake tool, which makes files of the right names in no time.
/// </summary>
internal sealed class TestProject
{
    /// <summary>Two target frameworks that the SDK can build without any further package.</summary>
    public const string TwoFrameworks =
        """
        <TargetFrameworks>net10.0;net10.0-windows</TargetFrameworks>
        <EnableWindowsTargeting>true</EnableWindowsTargeting>
        <DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads>
        """;

    /// <summary>The tool as the package brings it: the path is left to the package.</summary>
    public const string PackagedTool = "";

    public const string OneFramework = "<TargetFramework>net10.0</TargetFramework>";

    private readonly PackageFeed feed;
    private int builds;

    public TestProject(
        PackageFeed feed, string frameworks = OneFramework, string? tool = null, string more = "",
        string? parent = null, string name = "Models")
    {
        this.feed = feed;
        Root = Directory.CreateDirectory(Path.Combine(parent ?? feed.NewDirectory(), name)).FullName;
        string toolPath = tool == PackagedTool
            ? ""
            : $"<SparseLlmToolPath>{tool ?? BuildOutput.FakeTool}</SparseLlmToolPath>";
        Write(
            name + ".csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                {frameworks}
                {toolPath}
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="SparseLlm.Build" Version="{feed.Version}" />
              </ItemGroup>
              {more}
            </Project>
            """);
    }

    public string Root { get; }

    /// <summary>Variables that its builds are given.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The processes that the fake tool was started as, each by its command line.</summary>
    public IReadOnlyList<string> Calls => CallsOf("pruning.yaml");

    public IReadOnlyList<string> CallsOf(string recipe) =>
        File.Exists(PathOf(recipe + ".calls")) ? File.ReadAllLines(PathOf(recipe + ".calls")) : [];

    public string PathOf(string path) => Path.Combine(Root, path);

    public TestProject Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), text);
        return this;
    }

    /// <summary>A recipe for the real tool: an artifact <c>half</c> of a model with four layers.</summary>
    public TestProject WriteRecipe(string setting, string path = "pruning.yaml", int samples = 4) => Write(
        path,
        $$"""
        version: 1
        model: {{Repository.Model("tiny-opt")}}
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

    public BuildResult Build(params string[] arguments) => Run(["build", .. arguments]);

    public BuildResult Run(params string[] arguments)
    {
        string log = PathOf($"{builds++}.binlog");
        (int exitCode, string output) = DotNet.Run(Command([.. arguments, "-bl:" + log]));
        return new BuildResult(exitCode, output, File.Exists(log) ? log : "");
    }

    public ProcessStartInfo Command(params string[] arguments)
    {
        ProcessStartInfo command = feed.DotNet.Command(Root, arguments);
        foreach ((string name, string value) in Environment)
            command.Environment[name] = value;
        return command;
    }
}
