using System.IO.Hashing;
using System.Security.Cryptography;

namespace SparseLlm.Pipeline.Disk;

/// <summary>Digest and checksum of bytes that pass by in order.</summary>
internal sealed class ContentSums : IDisposable
{
    private readonly IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly XxHash128 checksum = new();

    /// <summary>SHA-256 of everything so far.</summary>
    public string Digest => Convert.ToHexStringLower(digest.GetCurrentHash());

    /// <summary>XXH128 of everything so far.</summary>
    public string Checksum => Convert.ToHexStringLower(checksum.GetCurrentHash());

    /// <summary>Takes the next bytes into both.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        digest.AppendData(bytes);
        checksum.Append(bytes);
    }

    /// <summary>Takes the next bytes into the digest.</summary>
    public void AddToDigest(ReadOnlyMemory<byte> chunk) => digest.AppendData(chunk.Span);

    /// <summary>Takes the next bytes into the checksum.</summary>
    public void AddToChecksum(ReadOnlyMemory<byte> chunk) => checksum.Append(chunk.Span);

    /// <inheritdoc/>
    public void Dispose() => digest.Dispose();
}
