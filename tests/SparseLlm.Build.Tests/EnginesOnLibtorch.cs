using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>The engine on libtorch, installed by the tool from the feed that the tool came from, and at work. Nothing
/// is fetched: libtorch is in NuGet's folder, for the tests of the backend.</summary>
public sealed class EnginesOnLibtorch
{
    private readonly PackageFeed feed = PackageFeed.Shared;
    private readonly string directory;
    private readonly string packages;

    public EnginesOnLibtorch()
    {
        directory = feed.NewDirectory();
        packages = NuGetPackages.LinkIn(feed.NewDirectory());
    }

    private string Engines => Path.Combine(directory, "engines");

    [SkippableFact]
    public void An_engine_is_installed_at_the_first_try_prunes_and_leaves_nothing_when_it_is_removed()
    {
        Skip.IfNot(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "libtorch for this system is not in NuGet's folder");
        string[] inPackages = Natives(packages);
        feed.Run(directory, "tool", "install", "SparseLlm.Tool", "--tool-path", "bin");

        Tool("engine", "install", "cpu-torch").ShouldContain("it computes on CPU");
        Directory.EnumerateFileSystemEntries(Path.Combine(Engines, "cpu-torch")).ShouldHaveSingleItem();
        Tool("engine", "list").ShouldContain("torch-cpu-");
        Tool("doctor").ShouldMatch("cpu-torch .*: starts on CPU");

        Tool(
            "prune", ShallowModel.Of("tiny-opt"), "--method", "sparsegpt", "--sparsity", "0.5", "--calibration",
                Repository.Text("sample-calibration.txt"),
            "--samples", "2", "--output", "pruned", "--device", "cpu-torch");
        using JsonDocument manifest = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(directory, "pruned", "pruning.json")));
        manifest.RootElement.GetProperty("numerics").GetString()!.ShouldStartWith("torch-cpu-");

        Tool("engine", "remove", "cpu-torch");
        Directory.EnumerateFileSystemEntries(Engines).ShouldBeEmpty();
        Natives(packages).ShouldBe(inPackages, "a file of NuGet's was changed in place, or one was added");
    }

    /// <summary>The native libraries in a folder, and what tells that one was changed.</summary>
    private static string[] Natives(string folder) =>
    [
        .. from package in (string[])["torchsharp", "libtorch-cpu-linux-x64"]
           from path in Directory.EnumerateFiles(Path.Combine(folder, package), "*.so*", SearchOption.AllDirectories)
           orderby path
           let file = new FileInfo(path)
           select $"{path} {file.Length} {file.LastWriteTimeUtc:O}",
    ];

    private string Tool(params string[] arguments)
    {
        ProcessStartInfo command = feed.DotNet.Command(directory, ["sparsellm", .. arguments]);
        command.Environment["PATH"] = Path.Combine(directory, "bin") + Path.PathSeparator
            + Environment.GetEnvironmentVariable("PATH");
        command.Environment["NUGET_PACKAGES"] = packages;
        command.Environment["SPARSELLM_ENGINES"] = Engines;
        (int exitCode, string output) = DotNet.Run(command);
        exitCode.ShouldBe(0, output);
        return output;
    }
}
