using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A directory comes into being whole or not at all.</summary>
public sealed class Staging : IDisposable
{
    private readonly TempDirectory directory = new();

    private string Target => directory["artifact"];

    [Fact]
    public void Nothing_stands_in_place_before_the_commit()
    {
        using (StagingDirectory staging = StagingDirectory.Create(Target))
        {
            File.WriteAllText(Path.Combine(staging.Path, "file"), "new");
            Directory.Exists(Target).ShouldBeFalse();
            staging.Commit();
        }

        File.ReadAllText(Path.Combine(Target, "file")).ShouldBe("new");
        Directory.EnumerateFileSystemEntries(directory.Path).Count().ShouldBe(1);
    }

    [Fact]
    public void Without_a_commit_the_old_artifact_stays()
    {
        WriteArtifact("old");
        using (StagingDirectory staging = StagingDirectory.Create(Target))
        {
            File.WriteAllText(Path.Combine(staging.Path, "file"), "new");
        }

        File.ReadAllText(Path.Combine(Target, "file")).ShouldBe("old");
        Directory.EnumerateFileSystemEntries(directory.Path).Count().ShouldBe(1);
    }

    [Fact]
    public void An_old_artifact_is_replaced_whole()
    {
        WriteArtifact("old");
        File.WriteAllText(Path.Combine(Target, "leftover"), "");
        using (StagingDirectory staging = StagingDirectory.Create(Target))
        {
            File.WriteAllText(Path.Combine(staging.Path, "file"), "new");
            staging.Commit();
        }

        Directory.EnumerateFiles(Target).Select(Path.GetFileName).ShouldBe(["file"]);
    }

    [Fact]
    public void What_a_killed_run_left_is_cleared_away()
    {
        string left = StagingDirectory.Create(Target).Path;
        File.WriteAllText(Path.Combine(left, "half"), "");
        using StagingDirectory staging = StagingDirectory.Create(Target);
        Directory.EnumerateFileSystemEntries(staging.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Files_of_others_are_left_alone()
    {
        File.WriteAllText(Target, "a file");
        Should.Throw<DiagnosticException>(() => StagingDirectory.Create(Target)).Diagnostics.Single().Code.ShouldBe("SLM4001");
        File.ReadAllText(Target).ShouldBe("a file");
    }

    private void WriteArtifact(string content)
    {
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, ArtifactManifest.FileName), "{}");
        File.WriteAllText(Path.Combine(Target, "file"), content);
    }

    public void Dispose() => directory.Dispose();
}
