namespace SparseLlm.Tool.Tests.Engines;

/// <summary>The folder of engines may be any that somebody names: only what the tool has put there is
/// removed.</summary>
public sealed class Deleting : IDisposable
{
    private readonly EngineFolder engines = new();
    private readonly TempDirectory directory = new();

    [Fact]
    public void A_folder_that_only_says_that_it_is_an_engine_is_none()
    {
        engines.Install("cuda");
        string installed = Directory.EnumerateDirectories(Path.Combine(engines.Path, "cuda")).Single();
        string elsewhere = Path.Combine(engines.Path, "photos", "cuda");
        Directory.CreateDirectory(Path.GetDirectoryName(elsewhere)!);
        Directory.Move(installed, elsewhere);
        File.WriteAllText(Path.Combine(elsewhere, "photo"), "precious");
        Run("list").Output.ShouldContain("no engine is installed");
        Run("remove", "cuda").Error.ShouldContain("error SLM4040");
        File.ReadAllText(Path.Combine(elsewhere, "photo")).ShouldBe("precious");
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_is_removed_behind_a_link(bool isOfAllVersions)
    {
        Skip.If(OperatingSystem.IsWindows(), "Links take a privilege there.");
        engines.Install("cuda");
        string linked = isOfAllVersions
            ? Path.Combine(engines.Path, "cuda")
            : Directory.EnumerateDirectories(Path.Combine(engines.Path, "cuda")).Single();
        Directory.Move(linked, directory["victim"]);
        Directory.CreateSymbolicLink(linked, directory["victim"]);
        ToolRun remove = Run("remove", "cuda");
        remove.ExitCode.ShouldBe(1);
        remove.Error.ShouldContain("error SLM4006");
        remove.Error.ShouldContain("nothing is removed behind a link");
        Directory.EnumerateFiles(directory["victim"], "engine.json", SearchOption.AllDirectories)
            .ShouldHaveSingleItem();
        new DirectoryInfo(linked).LinkTarget.ShouldNotBeNull();
    }

    [SkippableFact]
    public void A_link_inside_an_engine_goes_and_what_is_behind_it_stays()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links take a privilege there.");
        engines.Install("cuda");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(directory["victim"]).FullName, "photo"), "precious");
        Directory.CreateSymbolicLink(
            Path.Combine(Directory.EnumerateDirectories(Path.Combine(engines.Path, "cuda")).Single(), "link"),
            directory["victim"]);
        Run("remove", "cuda").ExitCode.ShouldBe(0);
        Directory.Exists(Path.Combine(engines.Path, "cuda")).ShouldBeFalse();
        File.ReadAllText(Path.Combine(directory["victim"], "photo")).ShouldBe("precious");
    }

    [SkippableFact]
    public void Of_hidden_folders_only_those_go_that_an_installation_or_a_removal_has_left()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links take a privilege there.");
        string parent = Directory.CreateDirectory(Path.Combine(engines.Path, "cpu-torch")).FullName;
        string[] left = [".0123456789abcdef0123456789abcdef", ".0.107.0+0.1.0"];
        string[] foreign = [".git", ".config", ".0123456789ABCDEF0123456789ABCDEF", ".a+b", "..."];
        foreach (string name in (string[])[.. left, .. foreign])
        {
            File.WriteAllText(
                Path.Combine(Directory.CreateDirectory(Path.Combine(parent, name)).FullName, "file"),
                "precious");
            Directory.SetLastWriteTimeUtc(Path.Combine(parent, name), DateTime.UtcNow.AddDays(-9));
        }

        Directory.CreateDirectory(directory["victim"]);
        File.WriteAllText(Path.Combine(directory["victim"], "file"), "precious");
        Directory.SetLastWriteTimeUtc(directory["victim"], DateTime.UtcNow.AddDays(-9));
        string link = Path.Combine(parent, ".fedcba9876543210fedcba9876543210");
        Directory.CreateSymbolicLink(link, directory["victim"]);

        // An installation that fails at once, but not before it has cleared up.
        File.WriteAllText(
            directory["NuGet.config"],
            "<configuration><packageSources><clear /></packageSources></configuration>");
        Run("install", "cpu-torch", "--configfile", directory["NuGet.config"], "--source", directory["nowhere"]).Error
            .ShouldContain("error SLM4044");
        Directory.EnumerateFileSystemEntries(parent).Select(path => Path.GetFileName(path))
            .ShouldBe([.. foreign, Path.GetFileName(link)], ignoreOrder: true);
        File.ReadAllText(Path.Combine(directory["victim"], "file")).ShouldBe("precious");
    }

    private ToolRun Run(params string[] arguments)
        => ToolProcess.Run(engines.Environment(), ["engine", .. arguments]);

    public void Dispose()
    {
        engines.Dispose();
        directory.Dispose();
    }
}
