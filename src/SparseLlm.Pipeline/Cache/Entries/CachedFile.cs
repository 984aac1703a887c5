using System.Text;
using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache.Entries;

/// <summary>A file of a cache entry.</summary>
/// <param name="Name">Its path relative to where it is restored, with <c>/</c> between folders.</param>
/// <param name="Digest">SHA-256 of its bytes, 64 hexadecimal digits.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Checksum">
/// XXH128 of its bytes, 32 hexadecimal digits: finds damage at many times the speed of the digest, which proves against
/// everyone.
/// </param>
internal sealed record CachedFile(string Name, string Digest, long Length, string Checksum) : IJsonOnDeserialized
{
    // What file systems allow of a name between two slashes, in bytes.
    private const int LongestSegment = 255;
    private const int LongestName = 1024;
    private const int MostSegments = 32;
    private const int ChecksumLength = 32;

    /// <summary>Whether a name is a path below a directory, by the rules of every platform.</summary>
    internal static bool IsRelative(string name) =>
        name.Length <= LongestName
        && name.IndexOfAny(['\\', ':', '\0']) < 0
        && name.Split('/') is { Length: <= MostSegments } segments
        && segments.All(
            segment => segment is not ("" or "." or "..") && Encoding.UTF8.GetByteCount(segment) <= LongestSegment);

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(IsRelative(Name), "a file has a name that no step can have given it");
        RecordJson.Require(Sha256Text.IsValid(Digest), "a file has something else than a digest for one");
        RecordJson.Require(
            Checksum.Length == ChecksumLength && Checksum.All(char.IsAsciiHexDigitLower),
            "a file has something else than a checksum for one");
        RecordJson.Require(Length >= 0, "a file has a negative length");
    }
}
