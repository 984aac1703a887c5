using System.Diagnostics;
using System.IO.Pipes;

namespace SparseLlm.Tool.Tests;

/// <summary>Builds that are killed, stopped, or run at the same time; caches that are damaged.</summary>
public sealed class Faults : IDisposable
{
    private const int KillsInARow = 4;

    /// <summary>How often a build is killed, with an empty cache at first and then with what was left.</summary>
    private static readonly int Kills = Repository.IsAllQuality ? 20 : 12;

    private readonly RecipeProject project = new("  a: { method: sparsegpt, sparsity: 0.5 }");

    private string Artifact => Path.Combine(project.Models, "a");

    [Fact]
    public void Killed_at_any_moment_the_next_build_ends_as_if_nothing_had_been()
    {
        using var files = new FileSystemWatcher(project["."]) { IncludeSubdirectories = true };
        int changes = 0;
        using var isReached = new AutoResetEvent(false);
        int last = int.MaxValue;
        FileSystemEventHandler count = (_, _) =>
        {
            if (Interlocked.Increment(ref changes) == Volatile.Read(ref last))
            {
                isReached.Set();
            }
        };
        files.Created += count;
        files.Deleted += count;
        files.Changed += count;
        files.Renamed += (_, change) => count(files, change);
        files.EnableRaisingEvents = true;
        ToolProcess.Run(project.Arguments("build")).ExitCode.ShouldBe(0);
        int all = Volatile.Read(ref changes);
        Dictionary<string, string> undisturbed = RecipeProject.Digests(Artifact);

        // Evenly over the changes to files, since what is computed between two of them is nowhere yet. No build of a
        // row gets further than half of what was left, so that each of them has something to go on behind.
        for (int kill = 0; kill < Kills; kill++)
        {
            if (kill % KillsInARow == 0)
            {
                Directory.Delete(project.Models, recursive: true);
                Directory.Delete(project.Cache, recursive: true);
            }

            isReached.Reset();
            Volatile.Write(ref changes, 0);
            Volatile.Write(ref last, 1 + kill * all / (2 * Kills));
            using Process process = project.Start();
            Task end = process.WaitForExitAsync();
            while (!isReached.WaitOne(TimeSpan.FromMilliseconds(20)) && !end.IsCompleted)
            {
                // Where there was less to do than that, it ends by itself.
            }

            process.Kill();
            process.WaitForExit();
            if (kill % KillsInARow == KillsInARow - 1)
            {
                ToolRun build = project.Run("build");
                build.ExitCode.ShouldBe(0, build.Error);
                RecipeProject.Digests(Artifact).ShouldBe(undisturbed);
                project.Leftovers().ShouldBeEmpty();
            }
        }
    }

    [Fact]
    public void A_build_that_nobody_waits_for_any_more_stops_and_keeps_its_layers()
    {
        project.UseWholeModel();
        project.Write("  a: { method: sparsellm, sparsity: 0.5 }", samples: 16);
        var lifeline = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        using Process process = ToolProcess.Start(
            new() { ["SPARSELLM_LIFELINE"] = lifeline.GetClientHandleAsString() },
            project.Arguments("build"));
        lifeline.DisposeLocalCopyOfClientHandle();
        string? line;
        do
        {
            line = process.StandardError.ReadLine();
        }
        while (line is not null && !line.Contains("layer 1/4 pruned", StringComparison.Ordinal));

        lifeline.Dispose();
        process.StandardError.ReadToEnd().ShouldContain("layers are kept");
        process.WaitForExit();
        process.ExitCode.ShouldBe(143);
        project.Leftovers().ShouldBeEmpty();
    }

    [SkippableFact]
    public void Stopped_by_Ctrl_C_a_build_keeps_its_layers_and_the_next_one_goes_on_behind_them()
    {
        Signals.Require(Signals.Interrupt);
        project.UseWholeModel();
        project.Write("  a: { method: sparsellm, sparsity: 0.5 }", samples: 16);
        using Process process = project.Start();
        string? line;
        do
        {
            line = process.StandardError.ReadLine();
        }
        while (line is not null && !line.Contains("layer 1/4 pruned", StringComparison.Ordinal));

        Signals.Send(process, Signals.Interrupt);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(130);
        error.ShouldContain("layers are kept");
        Directory.Exists(Artifact).ShouldBeFalse();
        project.Leftovers().ShouldBeEmpty();
        project.Run("build").Error.ShouldContain("a: layer 1/4 from the cache");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public async Task Concurrent_builds_compute_once(int count)
    {
        string[] errors = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Complete(project.Start())));
        errors.Count(error => error.Contains("layer 1/2 pruned", StringComparison.Ordinal)).ShouldBe(1);
        project.Leftovers().ShouldBeEmpty();
    }

    [Fact]
    public async Task Concurrent_builds_into_different_places_share_the_work()
    {
        string[] errors = await Task.WhenAll(
            Complete(project.Start(project["one"])),
            Complete(project.Start(project["other"])));
        errors.Count(error => error.Contains("layer 1/2 pruned", StringComparison.Ordinal)).ShouldBe(1);
        errors.Count(error => error.Contains("a: from the cache", StringComparison.Ordinal)).ShouldBe(1);
        RecipeProject.Digests(Path.Combine(project["one"], "a"))
            .ShouldBe(RecipeProject.Digests(Path.Combine(project["other"], "a")));
    }

    [Fact]
    public void A_damaged_cache_is_computed_again_with_a_note()
    {
        project.Run("build").ExitCode.ShouldBe(0);
        Dictionary<string, string> made = RecipeProject.Digests(Artifact);
        foreach (string blob in Directory.EnumerateFiles(Path.Combine(project.Cache, "cas")))
        {
            File.SetAttributes(blob, FileAttributes.Normal);
            byte[] bytes = File.ReadAllBytes(blob);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(blob, bytes);
        }

        Directory.Delete(Artifact, recursive: true);
        ToolRun again = project.Run("build");
        again.ExitCode.ShouldBe(0, again.Error);
        again.Error.ShouldContain("note SLM4020");
        again.Error.ShouldContain("a: layer 1/2 pruned");
        RecipeProject.Digests(Artifact).ShouldBe(made);
    }

    /// <summary>Waits for a build to succeed.</summary>
    /// <returns>What it wrote to standard error.</returns>
    private static async Task<string> Complete(Process build)
    {
        using (build)
        {
            Task<string> output = build.StandardOutput.ReadToEndAsync();
            string error = await build.StandardError.ReadToEndAsync();
            await output;
            await build.WaitForExitAsync();
            build.ExitCode.ShouldBe(0, error);
            return error;
        }
    }

    public void Dispose() => project.Dispose();
}
