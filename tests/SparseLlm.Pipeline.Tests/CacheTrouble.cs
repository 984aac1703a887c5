using System.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Killed processes, full disks, folders that may only be read: nothing half-stored, one warning at most, and
/// the work goes on.</summary>
public sealed class CacheTrouble : CacheTest
{
    private const int Rounds = 20;

    private readonly List<string> mounts = [];

    [Fact]
    public void Killed_while_storing_a_process_leaves_nothing_half_stored()
    {
        var random = new Random(7);
        for (int round = 0; round < Rounds; round++)
        {
            using Process process = CacheDriver.Start("put", Root, Temp.Path, $"{1000 * round}");
            process.StandardOutput.ReadLine().ShouldBe("warm");
            Thread.Sleep(random.Next(1, 60));
            process.HasExited.ShouldBeFalse();
            process.Kill();
            process.WaitForExit();
        }

        BuildCache cache = Open();
        string[] keys = [.. FilesIn("ac").Select(Path.GetFileName).Select(name => name!)];
        keys.Length.ShouldBeGreaterThanOrEqualTo(Rounds);
        foreach (string key in keys)
        {
            cache.TryRestore(cache.TryGet(key).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
        }

        FilesIn("tmp").ShouldBeEmpty();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_folder_that_is_none_turns_storing_off_with_one_warning()
    {
        Open().Pin(Temp["pruning.lock.json"]);
        Directory.Delete(Path.Combine(Root, "ac"));
        File.WriteAllText(Path.Combine(Root, "ac"), "not a folder");
        ShouldGoOnWithoutStoring();
    }

    [SkippableFact]
    public void A_folder_that_may_only_be_read_is_read()
    {
        Mount("size=1m");
        Put(Open(), "old", WriteFile("old", 1000));
        Run("mount", "-o", "remount,ro", Root).ShouldBe(0);
        ShouldGoOnWithoutStoring();

        BuildCache cache = Open();
        cache.TryRestore(cache.TryGet(Key("old"))!, Temp["out"]).ShouldBeTrue();
    }

    [SkippableFact]
    public void Damage_in_a_folder_that_may_only_be_read_is_reported_once()
    {
        Mount("size=1m");
        Put(Open(), "a", WriteFile("file", 1000));
        File.WriteAllText(EntryPath("a"), "{}");
        Run("mount", "-o", "remount,ro", Root).ShouldBe(0);
        BuildCache cache = Open();
        cache.TryGet(Key("a")).ShouldBeNull();
        cache.TryGet(Key("a")).ShouldBeNull();
        Codes.ShouldBe(["SLM4020"]);
    }

    [SkippableFact]
    public void A_full_disk_turns_storing_off_with_one_warning()
    {
        Mount("size=1m");
        BuildCache cache = Open();
        Put(cache, "small", WriteFile("small", 1000));
        Put(cache, "large", WriteFile("large", 2_000_000));
        Put(cache, "later", WriteFile("later", 1001));
        Codes.ShouldBe(["SLM4021"]);
        cache.TryGet(Key("large")).ShouldBeNull();
        cache.TryGet(Key("later")).ShouldBeNull();
        cache.TryRestore(cache.TryGet(Key("small"))!, Temp["out"]).ShouldBeTrue();
        FilesIn("cas").Length.ShouldBe(1);
        FilesIn("tmp").ShouldBeEmpty();
        Codes.ShouldBe(["SLM4021"]);
    }

    [SkippableFact]
    public void A_disk_that_is_full_to_the_last_byte_still_locks()
    {
        Mount("size=64k,nr_inodes=3");
        ShouldGoOnWithoutStoring();
    }

    [SkippableFact]
    public void Bytes_whose_disk_fails_are_damage_like_any_other()
    {
        string file = WriteFile("file", 1000);
        Put(Open(), "a", file);
        BuildCache cache = Open();
        CacheEntry entry = cache.TryGet(Key("a"))!;
        FailToRead(BlobPath(file));
        cache.TryRestore(entry, Temp["out"]).ShouldBeFalse();
        Codes.ShouldBe(["SLM4020"]);
        Warnings[0].Message.ShouldContain("cannot be read");
        Directory.EnumerateFileSystemEntries(Temp["out"]).ShouldBeEmpty();
        Open().TryRead(entry, "file", ReadAll).ShouldBeNull();
        Open().TryGet(Key("a")).ShouldBeNull();
    }

    [Fact]
    public void Bytes_whose_disk_fails_while_they_are_looked_at_make_room_for_others()
    {
        string file = WriteFile("file", 1000);
        Put(Open(), "a", file);
        BuildCache cache = Open();
        cache.TryRead<string>(cache.TryGet(Key("a"))!, "file", _ => throw new IOException("Input/output error"))
            .ShouldBeNull();
        Codes.ShouldBe(["SLM4020"]);
        File.Exists(BlobPath(file)).ShouldBeFalse();
        Put(cache, "a", file);
        cache.TryRestore(cache.TryGet(Key("a")).ShouldNotBeNull(), Temp["out"]).ShouldBeTrue();
    }

    [SkippableFact]
    public void A_target_that_is_full_is_an_error_and_no_damage()
    {
        Put(Open(), "a", WriteFile("file", 1_000_000));
        Mount("size=64k", Temp["out"]);
        BuildCache cache = Open();
        Should.Throw<IOException>(() => cache.TryRestore(cache.TryGet(Key("a"))!, Temp["out"]));
        Codes.ShouldBeEmpty();
        Open().TryRestore(Open().TryGet(Key("a")).ShouldNotBeNull(), Temp["elsewhere"]).ShouldBeTrue();
    }

    private void ShouldGoOnWithoutStoring()
    {
        BuildCache cache = Open();
        string file = WriteFile("file", 1000);
        Put(cache, "a", file);
        Put(cache, "b", file);
        cache.TryGet(Key("a")).ShouldBeNull();
        using (cache.Lock(Key("a"), CancellationToken.None))
        {
            bool waited = false;
            using var soon = new CancellationTokenSource();
            Should.Throw<OperationCanceledException>(() => Open().Lock(Key("a"), soon.Token, () =>
            {
                waited = true;
                soon.Cancel();
            }));
            waited.ShouldBeTrue();
        }

        Codes.ShouldBe(["SLM4021"]);
    }

    private void Mount(string options, string? folder = null)
    {
        Directory.CreateDirectory(folder ?? Root);
        Skip.IfNot(
            OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder ?? Root) == 0,
            "only root can mount a file system of its own");
        mounts.Add(folder ?? Root);
    }

    /// <summary>Lets a file be one that can be opened, and gives an I/O error when it is read: there is nothing at the
    /// first address of a process.</summary>
    private void FailToRead(string file)
    {
        Skip.IfNot(
            OperatingSystem.IsLinux() && Run("mount", "--bind", $"/proc/{Environment.ProcessId}/mem", file) == 0,
            "only root can mount a file over another");
        mounts.Add(file);
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    public override void Dispose()
    {
        mounts.ForEach(mount => Run("umount", mount));
        base.Dispose();
    }
}
