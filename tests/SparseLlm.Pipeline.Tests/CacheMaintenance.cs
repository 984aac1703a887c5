using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Locking;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Listing, checking and clearing up a cache.</summary>
public sealed class CacheMaintenance : CacheTest
{
    [Fact]
    public void A_list_tells_what_is_there_the_last_used_first()
    {
        Fill("a", 1000, daysAgo: 2);
        Fill("b", 500, daysAgo: 1);
        Fill("damaged", 10, daysAgo: 0);
        File.WriteAllText(EntryPath("damaged"), "{}");
        CacheInventory inventory = CacheInventory.Of(Open());
        inventory.Entries
            .Select(listed => (listed.Entry.Key, listed.Entry.Description, listed.Entry.Size, listed.IsPinned))
            .ShouldBe([(Key("b"), "entry b", 500L, false), (Key("a"), "entry a", 1000L, false)]);
        (inventory.Directory, inventory.Damaged, inventory.Blobs, inventory.Bytes).ShouldBe((Root, 1, 3, 1510L));
    }

    [Fact]
    public void A_cache_that_was_never_written_is_empty()
    {
        CacheInventory.Of(Open()).Entries.ShouldBeEmpty();
        CacheVerification.Run(Open(), CancellationToken.None).Problems.ShouldBeEmpty();
        CacheCollection.Plan(Open(), 0).Removals.ShouldBeEmpty();
    }

    [Fact]
    public void A_cache_that_is_off_cannot_be_listed() =>
        Should.Throw<DiagnosticException>(() => CacheInventory.Of(Open("off"))).Diagnostics.Single().Code
            .ShouldBe("SLM4022");

    [Fact]
    public void Verification_of_a_sound_cache_drops_nothing()
    {
        Fill("a", 3_000_000);
        Fill("b", 0);
        CacheVerification verification = CacheVerification.Run(Open(), CancellationToken.None);
        (verification.Entries, verification.Blobs, verification.Bytes).ShouldBe((2, 2, 3_000_000L));
        verification.Problems.ShouldBeEmpty();
        Open().TryGet(Key("a")).ShouldNotBeNull();
    }

    [Fact]
    public void Verification_finds_and_drops_damaged_bytes_and_the_entries_that_need_them()
    {
        string a = Fill("a", 1000);
        Fill("b", 999);
        Fill("c", 998);
        byte[] bytes = File.ReadAllBytes(a);
        bytes[500] ^= 4;
        File.WriteAllBytes(BlobPath(a), bytes);
        File.WriteAllText(EntryPath("c"), "damaged");

        CacheVerification verification = CacheVerification.Run(Open(), CancellationToken.None);
        verification.Problems.Select(problem => problem.Path)
            .ShouldBe([BlobPath(a), EntryPath("a"), EntryPath("c")], ignoreOrder: true);
        verification.Problems.ShouldAllBe(problem => !File.Exists(problem.Path));
        CacheVerification.Run(Open(), CancellationToken.None).Problems.ShouldBeEmpty();
        Open().TryGet(Key("b")).ShouldNotBeNull();
    }

    [Fact]
    public void Clearing_up_removes_the_longest_unused_until_the_rest_fits()
    {
        Fill("old", 1000, daysAgo: 3);
        Fill("older", 1001, daysAgo: 4);
        Fill("new", 1002, daysAgo: 1);
        CacheCollection.Plan(Open(), 3003).Removals.ShouldBeEmpty();
        CacheCollection collection = CacheCollection.Plan(Open(), 2500);
        (collection.Before, collection.After).ShouldBe((3003L, 2002L));
        FilesIn("cas").Length.ShouldBe(3);

        collection.Execute().ShouldBeEmpty();
        FilesIn("cas").Length.ShouldBe(2);
        Stored("older", "old", "new").ShouldBe(["old", "new"]);
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void Bytes_that_another_entry_shares_stay()
    {
        string file = Fill("old", 1000, daysAgo: 3);
        Put(Open(), "new", file);
        Fill("middle", 500, daysAgo: 2);
        CacheCollection.Plan(Open(), 1200).Execute();
        Stored("old", "middle", "new").ShouldBe(["new"]);
        BuildCache cache = Open();
        cache.TryRestore(cache.TryGet(Key("new"))!, Temp["out"]).ShouldBeTrue();
    }

    [Fact]
    public void What_a_lock_file_names_stays_as_long_as_the_lock_file()
    {
        Fill("artifact", 1000, daysAgo: 9);
        Fill("layer", 1001, daysAgo: 9);
        string shared = Fill("same bytes", 1002, daysAgo: 9);
        Fill("other", 1003, daysAgo: 1);
        string lockFile = Temp["pruning.lock.json"];
        File.WriteAllText(
            lockFile,
            $$"""{ "artifacts": { "a": { "key": "{{Key("artifact")}}", "layers": ["{{Key("layer")}}"], "inputs": { "model": { "tokenizer.json": "{{Path.GetFileName(BlobPath(shared))}}" } } } } }""");
        Open().Pin(lockFile);
        CacheInventory.Of(Open()).Entries.Where(listed => listed.IsPinned).Select(listed => listed.Entry.Description)
            .ShouldBe(["entry artifact", "entry layer"], ignoreOrder: true);

        CacheCollection collection = CacheCollection.Plan(Open(), 0);
        (collection.After, collection.Pinned).ShouldBe((2001L, 2001L));
        collection.LockFiles.Single().ShouldBe(new PinningLockFile(lockFile, 2, 2001));
        CacheInventory.Of(Open()).LockFiles.ShouldBe(collection.LockFiles);
        collection.Execute();
        Stored("artifact", "layer", "same bytes", "other").ShouldBe(["artifact", "layer"]);

        File.Delete(lockFile);
        CacheCollection.Plan(Open(), 0).Execute();
        Stored("artifact", "layer").ShouldBeEmpty();
        FilesIn("pins").ShouldBeEmpty();
    }

    [Fact]
    public void Bytes_that_two_lock_files_keep_count_for_both_and_once_in_all()
    {
        Fill("both", 1000);
        Fill("one", 500);
        Fill("none", 10);
        (string first, string second) = (Temp["first.lock.json"], Temp["second.lock.json"]);
        File.WriteAllText(first, $"[\"{Key("both")}\"]");
        File.WriteAllText(second, $"[\"{Key("both")}\", \"{Key("one")}\"]");
        File.WriteAllText(Temp["empty.lock.json"], "{}");
        BuildCache cache = Open();
        Array.ForEach([first, second, Temp["empty.lock.json"]], cache.Pin);
        CacheCollection collection = CacheCollection.Plan(Open(), 1_000_000);
        collection.Pinned.ShouldBe(1500);
        collection.LockFiles.ShouldBe([new PinningLockFile(second, 2, 1500), new PinningLockFile(first, 1, 1000)]);
    }

    [Fact]
    public void Leftovers_go_and_what_is_in_use_stays()
    {
        Fill("a", 1000);
        string orphan = Path.Combine(Root, "cas", Key("orphan"));
        string fresh = Path.Combine(Root, "cas", Key("fresh"));
        File.WriteAllBytes(orphan, new byte[100]);
        File.SetLastWriteTimeUtc(orphan, DateTime.UtcNow.AddHours(-2));
        File.WriteAllBytes(fresh, new byte[100]);
        File.WriteAllText(EntryPath("damaged"), "{}");
        BuildCache cache = Open();
        cache.Lock(Key("free"), CancellationToken.None).Dispose();
        using IDisposable held = cache.Lock(Key("held"), CancellationToken.None);
        string free = Path.Combine(Root, "locks", Key("free"));
        File.SetLastWriteTimeUtc(free, DateTime.UtcNow.AddDays(-2));
        File.SetLastWriteTimeUtc(Path.Combine(Root, "locks", Key("held")), DateTime.UtcNow.AddDays(-2));

        CacheCollection collection = CacheCollection.Plan(cache, 1_000_000);
        collection.Removals.Select(removal => removal.Path)
            .ShouldBe([orphan, EntryPath("damaged"), free], ignoreOrder: true);
        collection.Execute().ShouldBeEmpty();
        File.Exists(fresh).ShouldBeTrue();
        Stored("a").ShouldBe(["a"]);
    }

    [Fact]
    public void Digests_of_files_that_are_gone_go()
    {
        (string kept, string gone) = (WriteFile("kept", 10), WriteFile("gone", 10));
        foreach (string file in (string[])[kept, gone])
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-1));
            Open().Digests.Of(file);
        }

        File.Delete(gone);
        CacheCollection.Plan(Open(), 1_000_000).Execute();
        FileDigestMemo.TryRead(FilesIn("digests").Single())!.Path.ShouldBe(kept);
    }

    [Theory]
    [InlineData("../ac", null)]
    [InlineData(null, "short")]
    public void A_lock_file_with_something_else_than_keys_is_not_exchanged(string? key, string? layer)
    {
        var inputs = new ArtifactInputs
        {
            Numerics = "",
            Model = new Dictionary<string, string>(),
            Embedding = "",
            Head = "",
            Settings = new Dictionary<string, string>(),
            Layers = [],
        };
        var artifact = new LockedArtifact(
            key ?? Key("a"),
            "",
            0.5,
            new Dictionary<string, LockedPerplexity>(),
            inputs,
            [layer ?? Key("layer")]);
        new LockFile(new Dictionary<string, LockedArtifact> { ["a"] = artifact }).Write(Temp["pruning.lock.json"]);
        foreach (bool withLayers in (bool[])[false, true])
        {
            Should.Throw<DiagnosticException>(
                () => CacheExchange.Pull(Open(), Temp["pruning.lock.json"], withLayers, CancellationToken.None))
                .Diagnostics.Single().Code.ShouldBe("SLM4012");
        }
    }

    private string Fill(string name, int length, int daysAgo = 0)
    {
        string file = WriteFile($"{name}.bin", length, name.Length);
        Put(Open(), name, file);
        File.SetLastWriteTimeUtc(EntryPath(name), DateTime.UtcNow.AddDays(-daysAgo));
        return file;
    }

    private IEnumerable<string> Stored(params string[] names)
        => names.Where(name => File.Exists(EntryPath(name))).ToArray();
}
