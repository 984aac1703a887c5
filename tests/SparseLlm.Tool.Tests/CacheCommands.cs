using System.Text.Json;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;

namespace SparseLlm.Tool.Tests;

/// <summary>What <c>sparsellm cache</c> tells, does, and leaves alone.</summary>
public sealed class CacheCommands : IDisposable
{
    private static readonly string Key = new('a', 64);
    private readonly TempDirectory directory = new();

    private string Cache => directory["cache"];

    [Fact]
    public void Ls_lists_entries_and_totals()
    {
        Fill();
        ToolRun list = ToolRun.Of("cache", "ls", "--cache", Cache, "--json");
        list.ExitCode.ShouldBe(0, list.Error);
        JsonElement entry = list.Json.GetProperty("entries").EnumerateArray().Single();
        entry.GetProperty("key").GetString().ShouldBe(Key);
        entry.GetProperty("kind").GetString().ShouldBe("layer");
        entry.GetProperty("description").GetString().ShouldBe("layer 3 of [tiny-opt]");
        entry.GetProperty("size").GetInt64().ShouldBe(1500);
        entry.GetProperty("lastUsed").GetDateTime().ShouldBeGreaterThan(DateTime.UtcNow.AddDays(-1));
        entry.GetProperty("pinned").GetBoolean().ShouldBeFalse();
        list.Json.GetProperty("bytes").GetInt64().ShouldBe(1500);
        list.Json.GetProperty("formatVersion").GetInt32().ShouldBe(1);

        ToolRun.Of("cache", "ls", "--cache", Cache, "--details").Output.ShouldContain("layer 3 of [tiny-opt]");
    }

    [Fact]
    public void Ls_and_gc_put_together_what_belongs_together_and_name_who_keeps_it()
    {
        Fill();
        BuildCache cache = BuildCache.Open(Cache, _ => { });
        string[] keys = [new('b', 64), new('c', 64), new('d', 64)];
        foreach ((int index, string key) in keys.Index())
        {
            File.WriteAllBytes(directory["file"], [.. Enumerable.Repeat((byte)(2 + index), 1000)]);
            cache.Put(
                key,
                "layer",
                $"a: layer {index} of [opt]",
                [("file", directory["file"])],
                null,
                origin: new EntryOrigin("[opt]", "a\u001b"));
        }

        string lockFile = directory["pruning.lock.json"];
        File.WriteAllText(lockFile, $"[\"{keys[0]}\", \"{keys[1]}\"]");
        cache.Pin(lockFile);
        string list = ToolRun.Of("cache", "ls", "--cache", Cache).Output;
        list.ShouldContain("stored by an older version");
        list.Split('\n').Single(line => line.Contains("[opt]")).Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ShouldBe(["[opt]", "a\\u001B", "layer", "3", "3.0", "kB", "now", "2", "pinned"]);
        list.ShouldContain($"{lockFile}: 2 entries, 2.0 kB");

        string gc = ToolRun.Of("cache", "gc", "--cache", Cache, "--max-size", "1kB").Output;
        gc.Split('\n').Single(line => line.Contains("[opt]")).Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ShouldBe(["layer:", "a\\u001B", "([opt])", "2", "1.0", "kB"]);
        gc.ShouldContain("that is more than 1.0 kB: 2.0 kB are pinned");
        gc.ShouldContain($"{lockFile}: 2 entries, 2.0 kB");
        ToolRun.Of("cache", "gc", "--cache", Cache, "--max-size", "2kB").Output.ShouldNotContain("pinned");
        ToolRun.Of("cache", "gc", "--cache", Cache, "--max-size", "1kB", "--details").Output
            .ShouldContain(Path.Combine(Cache, "ac", keys[2]));
    }

    [Fact]
    public void Verify_fails_once_if_something_was_damaged()
    {
        Fill();
        ToolRun.Of("cache", "verify", "--cache", Cache).ExitCode.ShouldBe(0);
        File.WriteAllBytes(Directory.EnumerateFiles(Path.Combine(Cache, "cas")).Single(), new byte[1500]);
        ToolRun verify = ToolRun.Of("cache", "verify", "--cache", Cache, "--json");
        verify.ExitCode.ShouldBe(1);
        verify.Json.GetProperty("problems").GetArrayLength().ShouldBe(2);
        ToolRun.Of("cache", "verify", "--cache", Cache).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("1KB")]
    [InlineData("1.4 kB")]
    [InlineData("1KiB")]
    [InlineData("1499")]
    public void Gc_removes_nothing_without_yes(string size)
    {
        Fill();
        ToolRun dry = ToolRun.Of("cache", "gc", "--cache", Cache, "--max-size", size, "--json");
        dry.ExitCode.ShouldBe(0, dry.Error);
        dry.Json.GetProperty("dryRun").GetBoolean().ShouldBeTrue();
        dry.Json.GetProperty("removals").GetArrayLength().ShouldBe(2);
        BuildCache.Open(Cache, _ => { }).TryGet(Key).ShouldNotBeNull();
    }

    [Fact]
    public void Gc_removes_what_is_too_much()
    {
        Fill();
        ToolRun.Of("cache", "gc", "--cache", Cache, "--max-size", "1.5kB", "--yes").ExitCode.ShouldBe(0);
        BuildCache.Open(Cache, _ => { }).TryGet(Key).ShouldNotBeNull();
        ToolRun.Of("cache", "gc", "--cache", Cache, "--max-size", "1499B", "--yes").ExitCode.ShouldBe(0);
        BuildCache.Open(Cache, _ => { }).TryGet(Key).ShouldBeNull();
        Directory.EnumerateFiles(Path.Combine(Cache, "cas")).ShouldBeEmpty();
    }

    [Fact]
    public void Gc_refuses_a_size_that_is_none()
    {
        ToolRun gc = ToolRun.Of("cache", "gc", "--cache", Cache, "--max-size", "plenty");
        gc.ExitCode.ShouldBe(2);
        gc.Error.ShouldContain("SLM5001");
    }

    [Fact]
    public void Every_command_that_opens_a_cache_refuses_the_folder_of_somebody_else()
    {
        Directory.CreateDirectory(Path.Combine(Cache, "tmp"));
        string file = Path.Combine(Cache, "tmp", "work.tmp");
        File.WriteAllText(file, "precious");
        foreach (string command in (string[])["cache ls", "cache verify", "cache gc --yes", "plan", "status", "why a",
            "build", "cache push", "cache pull", "doctor"])
        {
            File.WriteAllText(directory[
                "pruning.yaml"], $"version: 1\nmodel: {Repository.Model("tiny-opt")}\nartifacts:\n  a: {{ method: "
                    + $"magnitude, sparsity: 0.5 }}\n");
            string[] words = command.StartsWith("plan") || command.StartsWith("status") || command.StartsWith("why")
                || command.StartsWith("build")
                || command.StartsWith("cache pu")
                ? [.. command.Split(' '), directory["pruning.yaml"]]
                : command.Split(' ');
            ToolRun run = ToolProcess.Run(new Dictionary<string, string> { ["SPARSELLM_CACHE"] = Cache }, words);
            run.ExitCode.ShouldBe(1, command);
            run.Error
                .ShouldContain($"{Cache}: error SLM4027: this is not a cache of this tool", customMessage: command);
        }

        File.ReadAllText(file).ShouldBe("precious");
        Directory.EnumerateFileSystemEntries(Cache, "*", SearchOption.AllDirectories).Count().ShouldBe(2);
    }

    private void Fill()
    {
        File.WriteAllBytes(directory["file"], [.. Enumerable.Repeat((byte)1, 1500)]);
        BuildCache.Open(Cache, _ => { })
            .Put(Key, "layer", "layer 3 of [tiny-opt]", [("file", directory["file"])], null);
    }

    public void Dispose() => directory.Dispose();
}
