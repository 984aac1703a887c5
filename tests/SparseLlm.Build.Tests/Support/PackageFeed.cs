namespace SparseLlm.Build.Tests.Support;

/// <summary>The packages, freshly packed, as the only source of packages for the projects of the tests.</summary>
public sealed class PackageFeed : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("sparsellm-tests-").FullName;
    private int projects;

    public PackageFeed()
    {
        DotNet = new DotNet(Path.Combine(directory, "home"));
        Directory.CreateDirectory(Path.Combine(directory, "feed"));
        File.WriteAllText(
            Path.Combine(directory, "nuget.config"),
            """
            <configuration>
              <packageSources>
                <clear />
                <add key="feed" value="feed" />
              </packageSources>
            </configuration>
            """);
        Pack("src/SparseLlm.Build.Tasks");
        Pack("src/SparseLlm.Tool");
        Pack("templates");
        Version = Path.GetFileNameWithoutExtension(Directory.GetFiles(Path.Combine(directory, "feed"), "SparseLlm.Tool.*").Single())
            ["SparseLlm.Tool.".Length..];
    }

    /// <summary>The version of all packages.</summary>
    public string Version { get; }

    /// <summary>The folder of the packages.</summary>
    public string Source => Path.Combine(directory, "feed");

    internal DotNet DotNet { get; }

    /// <summary>A new, empty directory that restores from this feed.</summary>
    public string NewDirectory() =>
        Directory.CreateDirectory(Path.Combine(directory, "p" + Interlocked.Increment(ref projects))).FullName;

    /// <inheritdoc />
    public void Dispose() => Directory.Delete(directory, recursive: true);

    private void Pack(string project)
    {
        (int exitCode, string output) = DotNet.Run(DotNet.Command(
            Path.Combine(Repository.Root, project),
            "pack", "--no-build", "--configuration", BuildOutput.Configuration, "--output", Path.Combine(directory, "feed")));
        exitCode.ShouldBe(0, output);
    }
}
