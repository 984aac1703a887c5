using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Files;

namespace SparseLlm.Hub.Listing;

/// <summary>
/// The list of a commit's files in the cache, as Hugging Face's tools keep it there. A commit never changes, so what is
/// in it has to be asked once.
/// </summary>
internal static class TreeFile
{
    private const int Version = 1;
    private const long LongestFile = 256 << 20;

    /// <summary>Reads a list; null where there is none, or one of another form.</summary>
    public static IReadOnlyList<HubFile>? TryRead(string path)
    {
        try
        {
            Content content = RecordJson.Read<Content>(RegularFile.ReadAllBytes(path, LongestFile));
            if (content.FormatVersion != Version)
            {
                return null;
            }

            var listing = new HubListing();
            foreach ((string file, Entry entry) in content.Files)
            {
                listing.Add(file, entry.LargeSize ?? entry.Size, entry.GitId, entry.Sha256);
            }

            return listing.Files;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Keeps a list; one that cannot be kept is asked again.</summary>
    public static void TryWrite(string folder, string path, IEnumerable<HubFile> files)
    {
        var content = new Content(Version, files.OrderBy(file => file.Path, StringComparer.Ordinal).ToDictionary(
            file => file.Path, file => file.IsLarge
                ? new Entry(file.Size, file.PointerId ?? "", file.Id, file.Size)
                : new Entry(file.Size, file.Id, null, null)));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            TempFile.Write(folder, path, RecordJson.WriteIndented(content));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A cache that is shared and cannot be written may have everything else.
        }
    }

    private sealed record Content(
        [property: JsonPropertyName("format_version")] int FormatVersion,
        [property: JsonPropertyName("files")] IReadOnlyDictionary<string, Entry> Files);

    private sealed record Entry(
        [property: JsonPropertyName("size")] long Size,
        [property: JsonPropertyName("blob_id")] string GitId,
        [property: JsonPropertyName("lfs_sha256"),
            JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Sha256 = null,
        [property: JsonPropertyName("lfs_size"),
            JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LargeSize = null);
}
