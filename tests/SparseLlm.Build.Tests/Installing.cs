using System.Diagnostics;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>Every way to get the tool out of its package, with nothing installed before.</summary>
public sealed class Installing
{
    private readonly PackageFeed feed = PackageFeed.Shared;

    private readonly string directory = PackageFeed.Shared.NewDirectory();

    [Fact]
    public void The_tool_installs_as_a_dotnet_command()
    {
        feed.Run(directory, "tool", "install", "SparseLlm.Tool", "--version", feed.Version, "--tool-path", "bin");

        ProcessStartInfo command = feed.DotNet.Command(directory, "sparsellm", "--version");
        command.Environment["PATH"] = Path.Combine(directory, "bin") + Path.PathSeparator
            + Environment.GetEnvironmentVariable("PATH");
        ShouldPrintItsVersion(command);
    }

    [Fact]
    public void The_tool_installs_for_a_user()
    {
        feed.Run(directory, "tool", "install", "--global", "SparseLlm.Tool", "--add-source", feed.Source);

        ProcessStartInfo command = feed.DotNet.Command(directory, "sparsellm", "--version");
        command.Environment["PATH"] = Path.Combine(feed.DotNet.Home, ".dotnet", "tools") + Path.PathSeparator
            + Environment.GetEnvironmentVariable("PATH");
        ShouldPrintItsVersion(command);
    }

    [Fact]
    public void A_manifest_in_a_repository_restores_the_tool_for_whoever_clones_it()
    {
        feed.Run(directory, "new", "tool-manifest");
        feed.Run(directory, "tool", "install", "SparseLlm.Tool");
        string manifest = Directory.EnumerateFiles(
            directory,
            "dotnet-tools.json",
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Single();

        string clone = feed.NewDirectory();
        File.Copy(manifest, Path.Combine(clone, "dotnet-tools.json"));
        feed.Run(clone, "tool", "restore");
        ShouldPrintItsVersion(feed.DotNet.Command(clone, "sparsellm", "--version"));
        ShouldPrintItsVersion(feed.DotNet.Command(clone, "tool", "run", "dotnet-sparsellm", "--version"));
    }

    [Fact]
    public void The_tool_runs_without_being_installed()
    {
        ShouldPrintItsVersion(
            feed.DotNet.Command(directory, "tool", "exec", "--yes", "SparseLlm.Tool", "--", "--version"));
        ShouldPrintItsVersion(
            feed.DotNet.Command(directory, "dnx", "--yes", "SparseLlm.Tool@" + feed.Version, "--", "--version"));
    }

    [SkippableFact]
    public void Dnx_beside_dotnet_runs_it_too()
    {
        string? dnx = Dnx();
        Skip.If(dnx is null, "there is no dnx beside dotnet");
        ProcessStartInfo command = feed.DotNet.Command(directory, "--yes", "SparseLlm.Tool", "--", "--version");
        command.FileName = dnx;

        ShouldPrintItsVersion(command);
    }

    private void ShouldPrintItsVersion(ProcessStartInfo command)
    {
        (int exitCode, string output) = DotNet.Run(command);
        exitCode.ShouldBe(0, output);
        output.ShouldContain(feed.Version);
    }

    /// <summary>Beside the runtime that these tests run on: <c>dotnet</c> on the path may be a link.</summary>
    private static string? Dnx()
    {
        string root = Path.GetFullPath(
            Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        return ((string[])["dnx.cmd", "dnx"]).Skip(OperatingSystem.IsWindows() ? 0 : 1)
            .Select(name => Path.Combine(root, name))
            .FirstOrDefault(File.Exists);
    }
}
