using System.ComponentModel;
using System.Diagnostics;
using SparseLlm.Pipeline.History;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Locking;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What git knows of the past of a lock file.</summary>
public sealed class Histories : IDisposable
{
    private readonly TempDirectory directory = new();
    private string date = "2026-01-01T00:00:00Z";

    private string Lock => directory["repository/pruning.lock.json"];

    [SkippableFact]
    public void Every_commit_that_changed_an_artifact_is_told_with_what_it_became()
    {
        Commit("first", ("a", 0.5), ("b", 0.5));
        Commit("a \u001b[31m'second'; $(touch x)", ("a", 0.6), ("b", 0.5));
        Commit("third", ("b", 0.5));
        Write(("a", 0.7), ("b", 0.5));
        Tell().ShouldBe(
            ["a  0.7", "a third removed", "a a \u001b[31m'second'; $(touch x) 0.6", "a first 0.5", "b first 0.5"]);
        Tell("b").ShouldBe(["b first 0.5"]);
        File.Exists(directory["repository/x"]).ShouldBeFalse();
    }

    [SkippableFact]
    public void A_date_that_no_calendar_has_is_no_reason_to_say_nothing()
    {
        date = "@300000000000 +0000";
        Commit("first", ("a", 0.5));
        Tell().ShouldBe(["a first 0.5"]);
    }

    [SkippableFact]
    public void A_limit_is_kept_and_said()
    {
        Commit("first", ("a", 0.5));
        Commit("second", ("a", 0.6));
        ArtifactHistory history = History(maximumCommits: 1);
        (history.IsLimited, history.Entries.Single().Commit!.Subject).ShouldBe((true, "second"));
        History(maximumCommits: 2).IsLimited.ShouldBeFalse();
    }

    [SkippableFact]
    public void A_lock_file_that_makes_no_sense_is_counted_and_passed_over()
    {
        Commit("first", ("a", 0.5));
        File.WriteAllText(Lock, "<<<<<<< HEAD\n");
        Commit("conflict");
        Commit("third", ("a", 0.6));
        History().Unreadable.ShouldBe(1);
        Tell().ShouldBe(["a third 0.6", "a first 0.5"]);
    }

    [SkippableFact]
    public void Without_a_repository_or_a_commit_there_is_nothing_and_it_says_why()
    {
        Directory.CreateDirectory(directory["repository"]);
        Write(("a", 0.5));
        File.WriteAllText(directory["repository/.git"], "gitdir: nowhere");
        History().Missing.ShouldNotBeNull();
        History().Entries.ShouldBeEmpty();

        File.Delete(directory["repository/.git"]);
        Git("init", "-q");
        History().Missing.ShouldNotBeNull();
        File.WriteAllText(directory["repository/other"], "");
        Git("add", "other");
        GitCommit("other");
        History().Missing!.ShouldContain("no commit holds");
    }

    private void Commit(string subject, params (string Name, double Sparsity)[] artifacts)
    {
        Directory.CreateDirectory(directory["repository"]);
        if (!Directory.Exists(directory["repository/.git"]))
        {
            Git("init", "-q");
        }

        if (artifacts.Length > 0)
        {
            Write(artifacts);
        }

        Git("add", ".");
        GitCommit(subject);
    }

    private void Write(params (string Name, double Sparsity)[] artifacts)
    {
        var inputs = new ArtifactInputs
        {
            Numerics = "",
            Model = new Dictionary<string, string>(),
            Embedding = "",
            Head = "",
            Settings = new Dictionary<string, string> { ["method"] = "wanda" },
            Layers = [],
        };
        string key = CacheTest.Key("key");
        new LockFile(artifacts.ToDictionary(artifact => artifact.Name, artifact =>
            new LockedArtifact(
                key,
                key,
                artifact.Sparsity,
                new Dictionary<string, LockedPerplexity> { ["prose"] = new(20, 25) },
                inputs,
                []))).Write(Lock);
    }

    private ArtifactHistory History(int maximumCommits = 100, params string[] names)
        => ArtifactHistory.Of(Lock, names, maximumCommits, CancellationToken.None);

    private IEnumerable<string> Tell(params string[] names) => History(100, names).Entries
        .Select(entry => FormattableString.Invariant(
            $"{entry.Artifact} {entry.Commit?.Subject} {(entry.Locked is null ? "removed" : entry.Locked.Sparsity)}"));

    private void GitCommit(string subject)
        => Git("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c",
        "commit.gpgsign=false", "commit", "-q", "-m", subject);

    private void Git(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = directory["repository"] };
            start.Environment["GIT_COMMITTER_DATE"] = date;
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            process.ExitCode.ShouldBe(0);
        }
        catch (Win32Exception)
        {
            Skip.If(true, "git is not installed");
        }
    }

    public void Dispose() => directory.Dispose();
}
