using System.Diagnostics;
using SparseLlm.Pipeline.Cache;

namespace SparseLlm.Pipeline.Tests;

/// <summary>The same step is computed once, whoever asks for it at the same time.</summary>
public sealed class CacheLocks : CacheTest
{
    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void Processes_at_the_same_time_compute_once(int count)
    {
        Process[] processes = [.. Enumerable.Range(0, count)
            .Select(_ => CacheDriver.Start("compute", Root, Temp.Path, "a"))];
        string[] outputs = [.. processes.Select(process => process.StandardOutput.ReadToEnd())];
        foreach (Process process in processes)
        {
            process.WaitForExit();
            process.ExitCode.ShouldBe(0);
            process.Dispose();
        }

        string.Concat(outputs).Trim().ShouldBe("computed");
    }

    [Fact]
    public async Task Threads_at_the_same_time_compute_once()
    {
        int computed = 0;
        string file = WriteFile("file", 1000);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            BuildCache cache = BuildCache.Open(
                Root,
                diagnostic => throw new InvalidOperationException(diagnostic.Message));
            using IDisposable hold = cache.Lock(Key("a"), CancellationToken.None);
            if (cache.TryGet(Key("a")) is null)
            {
                Interlocked.Increment(ref computed);
                cache.Put(Key("a"), "test", "", [("file", file)], null);
            }
        })));
        computed.ShouldBe(1);
    }

    [Fact]
    public void A_killed_process_holds_nothing()
    {
        using Process process = CacheDriver.Start("hold", Root, "a");
        process.StandardOutput.ReadLine().ShouldBe("held");
        int waits = 0;
        using IDisposable hold = Open().Lock(Key("a"), CancellationToken.None, () =>
        {
            waits++;
            process.Kill();
        });
        waits.ShouldBe(1);
    }

    [Fact]
    public void Waiting_can_be_cancelled()
    {
        using IDisposable hold = Open().Lock(Key("a"), CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => Open().Lock(Key("a"), cancellation.Token, cancellation.Cancel));
    }

    [Fact]
    public void Nobody_waits_for_another_key_or_for_a_lock_that_was_given_back()
    {
        using IDisposable other = Open().Lock(Key("other"), CancellationToken.None);
        Open().Lock(Key("a"), CancellationToken.None).Dispose();
        Open().Lock(Key("a"), CancellationToken.None, () => throw new InvalidOperationException("waits")).Dispose();
    }

    [Fact]
    public void Storing_the_same_at_the_same_time_does_no_harm()
    {
        string file = WriteFile("file", 30_000);
        Parallel.For(0, 24, _ => Put(
            BuildCache.Open(Root, diagnostic => throw new InvalidOperationException(diagnostic.Message)),
            "a",
            file));
        BuildCache cache = Open();
        cache.TryRestore(cache.TryGet(Key("a"))!, Temp["out"]).ShouldBeTrue();
        FilesIn("cas").Length.ShouldBe(1);
        FilesIn("tmp").ShouldBeEmpty();
    }
}
