using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Reports;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Lock files and reports lie among the user's files: they are whole or not there, and nothing else is
/// touched.</summary>
public sealed class SmallFiles : IDisposable
{
    private static readonly LockFile Empty = new(new SortedDictionary<string, LockedArtifact>());

    private readonly TempDirectory directory = new();

    private string Lock => directory["pruning.lock.json"];

    [Fact]
    public void A_file_that_cannot_be_written_leaves_what_was_there_and_nothing_else()
    {
        // A name that is free on the way there and taken in the end.
        Directory.CreateDirectory(directory["summary.md/inside"]);
        Should.Throw<Exception>(() => ReportFile.Write(directory["summary.md"], "new"))
            .ShouldBeAssignableTo<SystemException>();
        Directory.CreateDirectory(Lock);
        Should.Throw<DiagnosticException>(() => Empty.Write(Lock)).Diagnostics.Single().Code.ShouldBe("SLM4006");
        Names().ShouldBe(["pruning.lock.json", "summary.md"]);
        Directory.Exists(directory["summary.md/inside"]).ShouldBeTrue();
    }

    [Fact]
    public void What_a_killed_process_left_on_the_way_goes_and_what_others_have_there_stays()
    {
        string left = $".{Guid.NewGuid():n}.tmp";
        string writing = $".{Guid.NewGuid():n}.tmp";
        string link = $".{Guid.NewGuid():n}.tmp";
        string[] others = ["pruning.lock.json.tmp", "notes.tmp", ".notes.tmp", "summary.md.tmp"];
        foreach (string name in (string[])[left, .. others])
        {
            File.WriteAllText(directory[name], "mine");
        }

        File.CreateSymbolicLink(directory[link], directory["notes.tmp"]);
        using (new FileStream(directory[writing], FileMode.CreateNew, FileAccess.Write, FileShare.Delete))
        {
            Empty.Write(Lock);
            ReportFile.Write(directory["summary.md"], "report");
        }

        Names().ShouldBe([.. others, writing, link, "pruning.lock.json", "summary.md"], ignoreOrder: true);
        others.ShouldAllBe(name => File.ReadAllText(directory[name]) == "mine");
    }

    [Fact]
    public void A_link_in_the_place_of_a_report_is_replaced_and_one_in_the_place_of_the_lock_file_is_followed()
    {
        File.WriteAllText(directory["mine.md"], "mine");
        File.CreateSymbolicLink(directory["summary.md"], "mine.md");
        ReportFile.Write(directory["summary.md"], "report");
        File.ReadAllText(directory["mine.md"]).ShouldBe("mine");
        File.ReadAllText(directory["summary.md"]).ShouldBe("report");

        Directory.CreateDirectory(directory["shared"]);
        File.CreateSymbolicLink(Lock, "shared/lock.json");
        LockFile.Read(Lock).ShouldBeNull();
        Empty.Write(Lock);
        new FileInfo(Lock).LinkTarget.ShouldBe("shared/lock.json");
        LockFile.Read(directory["shared/lock.json"]).ShouldNotBeNull();
    }

    [Fact]
    public void What_says_the_same_already_is_left_alone()
    {
        Empty.Write(Lock);
        ReportFile.Write(directory["summary.md"], "report");
        DateTime before = DateTime.UtcNow.AddDays(-1);
        foreach (string path in (string[])[Lock, directory["summary.md"]])
        {
            File.SetLastWriteTimeUtc(path, before);
        }

        Empty.Write(Lock);
        ReportFile.Write(directory["summary.md"], "report");
        File.GetLastWriteTimeUtc(Lock).ShouldBe(before);
        File.GetLastWriteTimeUtc(directory["summary.md"]).ShouldBe(before);
    }

    [SkippableFact]
    public void Pipes_are_refused_at_once()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes among files");
        Process.Start("mkfifo", [Lock, directory["pruning.json"], directory["summary.md"]]).WaitForExit();
        Should.Throw<DiagnosticException>(() => LockFile.Read(Lock)).Diagnostics.Single().Code.ShouldBe("SLM4006");
        Should.Throw<DiagnosticException>(() => Empty.Write(Lock)).Diagnostics.Single().Code.ShouldBe("SLM4006");
        ArtifactManifest.TryRead(directory.Path).ShouldBeNull();
        ReportFile.Says(directory["summary.md"], "report").ShouldBeFalse();
        RecipeReports.Files(directory["pruning.yaml"], directory.Path).ShouldNotContain("summary.md");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{ "formatVersion": 1, "artifacts": { "a": null } }""")]
    [InlineData("""{ "formatVersion": 7, "artifacts": {} }""")]
    [InlineData("""{ "formatVersion": 1, "artifacts": { "a": { "key": "k", "digest": "d", "sparsity": 0, "perplexity": {}, "inputs": { "numerics": "", "model": {}, "embedding": "", "head": "", "settings": {}, "layers": [] }, "layers": [] } } }""")]
    [InlineData("<<<<<<< HEAD")]
    [InlineData("\"\\ud800\"")]
    public void A_lock_file_that_cannot_be_one_is_an_error(string content)
    {
        File.WriteAllText(Lock, content);
        Should.Throw<DiagnosticException>(() => LockFile.Read(Lock)).Diagnostics.Single().Code.ShouldBe("SLM4012");
    }

    [Theory]
    [InlineData("summary.html", "<title>My thesis</title>")]
    [InlineData("summary.md", "# My thesis")]
    public void A_summary_of_the_users_keeps_its_name(string name, string content)
    {
        File.WriteAllText(directory[name], content);
        RecipeReports.Files(directory["pruning.yaml"], directory.Path)
            .ShouldAllBe(file => file.StartsWith("summary-", StringComparison.Ordinal));
    }

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(directory.Path)
        .Select(path => Path.GetFileName(path))
        .Order(StringComparer.Ordinal)];

    public void Dispose() => directory.Dispose();
}
