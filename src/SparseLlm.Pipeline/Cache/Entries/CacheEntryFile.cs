using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache.Entries;

/// <summary>The form of an entry in a file, here and on a remote cache.</summary>
internal static class CacheEntryFile
{
    /// <summary>The bytes of an entry's file.</summary>
    public static byte[] Write(CacheEntry entry) =>
        SealedJson.Write(
            entry.Key,
            new Content(entry.Kind, entry.Description, entry.Files, entry.Metadata, entry.Origin));

    /// <summary>Reads an entry, and trusts nothing in it: file names stay below the directory that they are restored
    /// to, and lengths can be added up.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="bytes">The file; it may be changed in place.</param>
    /// <exception cref="InvalidDataException">It is damaged, or of another key.</exception>
    public static CacheEntry Read(string key, byte[] bytes)
    {
        Content content = SealedJson.Read<Content>(key, bytes);
        return new CacheEntry(key, content.Kind, content.Description, content.Files, content.Metadata)
        {
            Origin = content.Origin
        };
    }

    private sealed record Content(
        string Kind,
        string Description,
        IReadOnlyList<CachedFile> Files,
        JsonElement? Metadata,
        EntryOrigin? Origin) : IJsonOnDeserialized
    {
        void IJsonOnDeserialized.OnDeserialized()
        {
            string[] names = [.. Files.Select(file => file.Name)];
            RecordJson.Require(names.Distinct().Count() == names.Length, "two files have the same name");
            RecordJson.Require(!names.SelectMany(Folders).Intersect(names).Any(), "a file has the name of a folder");
            RecordJson.Require(
                Files.Aggregate(UInt128.Zero, (sum, file) => sum + (ulong)file.Length) <= long.MaxValue,
                "its files are larger than any disk");
        }

        private static IEnumerable<string> Folders(string name)
            => name.Index().Where(place => place.Item == '/').Select(place => name[..place.Index]);
    }
}
