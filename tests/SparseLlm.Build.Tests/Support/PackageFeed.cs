namespace SparseLlm.Build.Tests.Support;

/// <summary>The packages, freshly packed, as the only source of packages for the projects of the tests, which share one
/// home.</summary>
internal sealed class PackageFeed
{
    private static readonly Lazy<PackageFeed> Packed = new(() => new PackageFeed());

    private readonly string directory = Directory.CreateTempSubdirectory("sparsellm-tests-").FullName;
    private int projects;

    private PackageFeed()
    {
        DotNet = new DotNet(Path.Combine(directory, "home"));
        Servers = new BuildServers(DotNet);
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
        Pack("SparseLlm.Build.sln", Source);
        Version = Path.GetFileNameWithoutExtension(
            Directory.GetFiles(Path.Combine(directory, "feed"), "SparseLlm.Tool.*").Single())
            ["SparseLlm.Tool.".Length..];
        DotNet.Version = Version;
        Examples = new ExampleProjects(this);
    }

    /// <summary>The one of all tests, whose classes run side by side.</summary>
    public static PackageFeed Shared => Packed.Value;

    /// <summary>The version of all packages.</summary>
    public string Version { get; }

    /// <summary>The folder of the packages.</summary>
    public string Source => Path.Combine(directory, "feed");

    public DotNet DotNet { get; }

    /// <summary>What builds the projects of the tests.</summary>
    public BuildServers Servers { get; }

    /// <summary>The projects of the tests, restored from this feed.</summary>
    public ExampleProjects Examples { get; }

    /// <summary>Runs the <c>dotnet</c> command in a directory and expects it to succeed.</summary>
    /// <returns>What it printed.</returns>
    public string Run(string directory, params string[] arguments)
    {
        (int exitCode, string output) = DotNet.Run(DotNet.Command(directory, arguments));
        exitCode.ShouldBe(0, output);
        return output;
    }

    /// <summary>Packs a project or the solution as it was built along with the tests.</summary>
    public void Pack(string project, string target) =>
        Run(
            Repository.Root,
            "pack",
            project,
            "--no-build",
            "--configuration",
            BuildOutput.Configuration,
            "--output",
            target);

    /// <summary>A new, empty directory that restores from this feed.</summary>
    public string NewDirectory() =>
        Directory.CreateDirectory(Path.Combine(directory, "p" + Interlocked.Increment(ref projects))).FullName;

    /// <summary>Deletes it, if a test has used it.</summary>
    public static void Delete()
    {
        if (Packed.IsValueCreated)
        {
            Shared.Servers.Stop();
            Directory.Delete(Shared.directory, recursive: true);
        }
    }
}
