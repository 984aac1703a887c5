using System.Text.Json;

namespace SparseLlm.Pipeline.Cache;

/// <summary>The form of an entry in a file, here and on a remote cache.</summary>
internal static class CacheEntryFile
{
    /// <summary>The bytes of an entry's file.</summary>
    public static byte[] Write(CacheEntry entry) =>
        SealedJson.Write(entry.Key, new Content(entry.Kind, entry.Description, entry.Files, entry.Metadata));

    /// <summary>Reads an entry, and trusts nothing in it: file names stay below the directory that they are restored to.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of another key.</exception>
    public static CacheEntry Read(string key, ReadOnlyMemory<byte> bytes)
    {
        Content content = SealedJson.Read<Content>(key, bytes);
        foreach (CachedFile file in content.Files)
        {
            if (!IsRelative(file.Name) || !Sha256Text.IsValid(file.Digest) || file.Length < 0)
            {
                throw new InvalidDataException("it names a file that no step can have produced");
            }
        }

        return new CacheEntry(key, content.Kind, content.Description, content.Files, content.Metadata);
    }

    /// <summary>Whether a name is a path below a directory, by the rules of every platform.</summary>
    public static bool IsRelative(string name) =>
        name.IndexOfAny(['\\', ':', '\0']) < 0 && name.Split('/').All(segment => segment is not ("" or "." or ".."));

    private sealed record Content(string Kind, string Description, IReadOnlyList<CachedFile> Files, JsonElement? Metadata);
}
