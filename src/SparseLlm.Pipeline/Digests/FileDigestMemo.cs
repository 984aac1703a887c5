using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Digests;

/// <summary>The digests of a file as it was when it was read.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Stamp">What told that it was this file.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Tensors">Digests of its tensors by name, if it is a file of a checkpoint.</param>
internal sealed record FileDigestMemo(
    string Path,
    FileStamp Stamp,
    string Digest,
    IReadOnlyDictionary<string, string>? Tensors) : IJsonOnDeserialized
{
    /// <summary>Reads a memo; null where there is none, or a damaged one.</summary>
    public static FileDigestMemo? TryRead(string file)
    {
        try
        {
            return SealedJson.Read<FileDigestMemo>(
                System.IO.Path.GetFileName(file), RegularFile.ReadAllBytes(
                    file,
                    SealedJson.MaximumLength,
                    followLink: false));
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Writes a memo; where that is not possible, the file is read again next time.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="prepare">Makes the cache that the file is in, where it is in one.</param>
    public void TryWrite(string file, Action? prepare = null)
    {
        try
        {
            prepare?.Invoke();
            string directory = System.IO.Path.GetDirectoryName(file)!;
            Directory.CreateDirectory(directory);
            TempFile.Write(directory, file, SealedJson.Write(System.IO.Path.GetFileName(file), this));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Only time is lost.
        }
    }

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Sha256Text.IsValid(Digest), "a file has something else than a digest for one");
        RecordJson.Require(
            Tensors?.Values.All(Sha256Text.IsValid) != false,
            "a tensor has something else than a digest for one");
    }
}
