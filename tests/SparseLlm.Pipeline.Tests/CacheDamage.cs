using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A damaged entry is found out wherever the damage is; it is dropped, reported once, and a miss.</summary>
public sealed class CacheDamage : CacheTest
{
    private const int Chunk = 1 << 20;

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x20)]
    [InlineData(0x80)]
    public void A_flip_at_any_place_of_an_entry_is_found(byte bits)
    {
        byte[] original = StoredEntry();
        for (int i = 0; i < original.Length; i++)
        {
            byte[] damaged = [.. original];
            damaged[i] ^= bits;
            ShouldBeDropped(damaged, $"byte {i}");
        }
    }

    [Fact]
    public void A_cut_at_any_place_of_an_entry_is_found()
    {
        byte[] original = StoredEntry();
        for (int length = 0; length < original.Length; length++)
        {
            ShouldBeDropped(original[..length], $"{length} bytes");
        }
    }

    [Fact]
    public void An_entry_of_another_key_is_found()
    {
        Put(Open(), "b", WriteFile("other", 10));
        StoredEntry();
        ShouldBeDropped(File.ReadAllBytes(EntryPath("b")), "another key");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + Chunk / 2)]
    [InlineData(2 * Chunk + 4)]
    public void A_flip_at_any_place_of_a_blob_is_found(int position)
    {
        string file = WriteFile("file", 2 * Chunk + 5);
        BuildCache cache = Open();
        Put(cache, "a", file);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[position] ^= 0x10;
        File.WriteAllBytes(BlobPath(file), bytes);

        CacheEntry entry = cache.TryGet(Key("a"))!;
        cache.TryRestore(entry, Temp["out"]).ShouldBeFalse();
        Directory.EnumerateFileSystemEntries(Temp["out"]).ShouldBeEmpty();
        ShouldBeGone(file);

        Put(cache, "a", file);
        cache.TryRestore(cache.TryGet(Key("a"))!, Temp["out"]).ShouldBeTrue();
        Codes.Count().ShouldBe(1);
    }

    [Fact]
    public void A_flip_in_a_small_file_is_found()
    {
        string file = WriteFile("file", 100);
        BuildCache cache = Open();
        Put(cache, "a", file);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[99] ^= 1;
        File.WriteAllBytes(BlobPath(file), bytes);
        cache.TryRead(cache.TryGet(Key("a"))!, "file", stream => stream).ShouldBeNull();
        ShouldBeGone(file);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1001)]
    public void A_blob_of_another_length_is_found(int length)
    {
        string file = WriteFile("file", 1000);
        Put(Open(), "a", file);
        using (FileStream blob = File.OpenWrite(BlobPath(file)))
        {
            blob.SetLength(length);
        }

        Open().TryGet(Key("a")).ShouldBeNull();
        Codes.ShouldBe(["SLM4020"]);
        File.Exists(EntryPath("a")).ShouldBeFalse();

        Put(Open(), "a", file);
        Open().TryRestore(Open().TryGet(Key("a"))!, Temp["out"]).ShouldBeTrue();
    }

    [Fact]
    public void A_missing_blob_is_found()
    {
        string file = WriteFile("file", 1000);
        BuildCache cache = Open();
        Put(cache, "a", file);
        CacheEntry entry = cache.TryGet(Key("a"))!;
        File.Delete(BlobPath(file));
        cache.TryRestore(entry, Temp["out"]).ShouldBeFalse();
        cache.TryGet(Key("a")).ShouldBeNull();
        ShouldBeGone(file);
    }

    [Fact]
    public void Of_two_entries_with_the_same_bytes_both_are_found()
    {
        string file = WriteFile("file", 1000);
        BuildCache cache = Open();
        Put(cache, "a", file);
        Put(cache, "b", file);
        File.WriteAllBytes(BlobPath(file), new byte[1000]);
        cache.TryRestore(cache.TryGet(Key("a"))!, Temp["out"]).ShouldBeFalse();
        cache.TryGet(Key("b")).ShouldBeNull();
        Codes.ShouldBe(["SLM4020", "SLM4020"]);
    }

    private byte[] StoredEntry()
    {
        string file = WriteFile("file", 1000);
        Put(Open(), "a", file);
        return File.ReadAllBytes(EntryPath("a"));
    }

    private void ShouldBeDropped(byte[] entry, string reason)
    {
        File.WriteAllBytes(EntryPath("a"), entry);
        int before = Warnings.Count;
        BuildCache cache = Open();
        cache.TryGet(Key("a")).ShouldBeNull(reason);
        cache.TryGet(Key("a")).ShouldBeNull(reason);
        Warnings.Skip(before).Select(warning => warning.Code).ShouldBe(["SLM4020"], reason);
        File.Exists(EntryPath("a")).ShouldBeFalse(reason);
    }

    private void ShouldBeGone(string file)
    {
        Codes.ShouldBe(["SLM4020"]);
        File.Exists(EntryPath("a")).ShouldBeFalse();
        File.Exists(BlobPath(file)).ShouldBeFalse();
    }
}
