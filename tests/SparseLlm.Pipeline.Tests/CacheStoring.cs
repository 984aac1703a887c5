using System.Text;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What is put into the cache comes out of it, bit by bit.</summary>
public sealed class CacheStoring : CacheTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData((3 << 20) - 1)]
    public void Files_come_back_as_they_were(int length)
    {
        string file = WriteFile("file", length);
        Open().Put(
            Key("a"),
            "layer",
            "layer 3 of tiny-opt",
            [("folder/file", file), ("same", file)],
            new { Perplexity = 12.5 });

        BuildCache cache = Open();
        CacheEntry entry = cache.TryGet(Key("a"))!;
        (entry.Key, entry.Kind, entry.Description, entry.Size).ShouldBe(
            (Key("a"), "layer", "layer 3 of tiny-opt", 2L * length));
        entry.Metadata!.Value.GetProperty("perplexity").GetDouble().ShouldBe(12.5);
        cache.TryRestore(entry, Temp["out"]).ShouldBeTrue();
        File.ReadAllBytes(Path.Combine(Temp["out"], "folder", "file")).ShouldBe(File.ReadAllBytes(file));
        File.ReadAllBytes(Path.Combine(Temp["out"], "same")).ShouldBe(File.ReadAllBytes(file));
        cache.TryRead(entry, "same", ReadAll).ShouldBe(File.ReadAllBytes(file));
        Directory.EnumerateFiles(
            Temp["out"],
            "*",
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Count().ShouldBe(2);
        FilesIn("cas").Length.ShouldBe(1);
        FilesIn("tmp").ShouldBeEmpty();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_never_stored_is_a_miss()
    {
        BuildCache cache = Open();
        cache.TryGet(Key("a")).ShouldBeNull();
        Directory.Exists(Root).ShouldBeFalse();
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void An_entry_needs_no_files_and_no_metadata()
    {
        Open().Put(Key("a"), "test", "nothing", [], null);
        CacheEntry entry = Open().TryGet(Key("a"))!;
        entry.Files.ShouldBeEmpty();
        entry.Metadata.ShouldBeNull();
        Open().TryRestore(entry, Temp["out"]).ShouldBeTrue();
    }

    [Fact]
    public void A_restored_file_replaces_one_and_is_nobody_elses()
    {
        string file = WriteFile("file", 1000);
        BuildCache cache = Open();
        Put(cache, "a", file);
        Directory.CreateDirectory(Temp["out"]);
        File.WriteAllText(Path.Combine(Temp["out"], "file"), "old");
        cache.TryRestore(cache.TryGet(Key("a"))!, Temp["out"]).ShouldBeTrue();

        File.WriteAllText(Path.Combine(Temp["out"], "file"), "edited");
        cache.TryRestore(cache.TryGet(Key("a"))!, Temp["again"]).ShouldBeTrue();
        File.ReadAllBytes(Path.Combine(Temp["again"], "file")).ShouldBe(File.ReadAllBytes(file));
    }

    [Fact]
    public void The_folder_is_marked_for_backup_programs()
    {
        Put(Open(), "a", WriteFile("file", 10));
        File.ReadAllText(Path.Combine(Root, "CACHEDIR.TAG"))
            .ShouldStartWith("Signature: 8a477f597d28d172789f06886806bc55");
    }

    [Fact]
    public void A_hit_is_noted()
    {
        BuildCache cache = Open();
        Put(cache, "a", WriteFile("file", 10));
        DateTime before = DateTime.UtcNow.AddDays(-3);
        File.SetLastWriteTimeUtc(EntryPath("a"), before);
        cache.TryGet(Key("a")).ShouldNotBeNull();
        File.GetLastWriteTimeUtc(EntryPath("a")).ShouldBeGreaterThan(before.AddDays(1));
    }

    [Theory]
    [InlineData("off")]
    [InlineData("none")]
    public void A_cache_that_is_off_stores_nothing(string off)
    {
        BuildCache cache = Open(off);
        cache.Directory.ShouldBeNull();
        Put(cache, "a", WriteFile("file", 10));
        cache.TryGet(Key("a")).ShouldBeNull();
        cache.Lock(Key("a"), CancellationToken.None).Dispose();
        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../file")]
    [InlineData("/file")]
    [InlineData("a//b")]
    [InlineData("a\\b")]
    [InlineData("C:file")]
    public void Nothing_can_be_stored_that_would_be_restored_elsewhere(string name) =>
        Should.Throw<ArgumentException>(() => Open().Put(Key("a"), "test", "", [(name, WriteFile("file", 10))], null));

    [Theory]
    [InlineData("")]
    [InlineData("../ac")]
    [InlineData("ABCDEF")]
    public void Only_digests_are_keys(string key)
    {
        Should.Throw<ArgumentException>(() => Open().TryGet(key));
        Should.Throw<ArgumentException>(() => Open().Put(key, "test", "", [], null));
        Should.Throw<ArgumentException>(() => Open().Lock(key, CancellationToken.None));
    }

    [Fact]
    public void Temporary_files_of_dead_processes_are_cleared_away_and_those_of_living_ones_stay()
    {
        Put(Open(), "a", WriteFile("file", 10));
        string dead = Path.Combine(Root, "tmp", $".{Guid.NewGuid():n}.tmp");
        string alive = Path.Combine(Root, "tmp", $".{Guid.NewGuid():n}.tmp");
        File.WriteAllText(dead, "half");
        using FileStream held = new(alive, FileMode.CreateNew, FileAccess.Write, FileShare.Delete);
        Open();
        FilesIn("tmp").ShouldBe([alive]);
    }

    [Fact]
    public void Bytes_are_stored_under_their_digest()
    {
        string file = Temp["file"];
        File.WriteAllText(file, "abc", new UTF8Encoding(false));
        Put(Open(), "a", file);
        File.Exists(Path.Combine(Root, "cas", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
            .ShouldBeTrue();
    }
}
