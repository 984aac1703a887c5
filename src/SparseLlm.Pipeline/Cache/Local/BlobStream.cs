using Microsoft.Win32.SafeHandles;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache.Local;

/// <summary>Writes a blob, from its first byte to its last, and digests it on its way.</summary>
/// <param name="file">Where to; it stays the caller's.</param>
internal sealed class BlobStream(SafeFileHandle file) : Stream
{
    private readonly ContentSums sums = new();
    private long length;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => length;
        set => throw new NotSupportedException();
    }

    /// <summary>What has been written, under a name.</summary>
    public CachedFile Description(string name) => new(name, sums.Digest, length, sums.Checksum);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        RandomAccess.Write(file, buffer, length);
        sums.Add(buffer);
        length += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            sums.Dispose();
        }

        base.Dispose(disposing);
    }
}
