using System.IO.Compression;
using Snappier;
using ZstdSharp;

namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>How pages are compressed. What a header promises takes no memory until it comes.</summary>
internal static class PageCodec
{
    private const int None = 0;
    private const int SnappyCodec = 1;
    private const int Gzip = 2;
    private const int BrotliCodec = 4;
    private const int Zstandard = 6;

    private const int FirstBuffer = 1 << 20;

    // Of Snappy's format: three bytes at least for 64.
    private const int MostOfSnappy = 32;

    /// <summary>The bytes of a page.</summary>
    /// <param name="codec">The number of the codec.</param>
    /// <param name="stored">The bytes in the file.</param>
    /// <param name="size">How many there will be.</param>
    /// <exception cref="InvalidDataException">They are damaged, or the codec is not read.</exception>
    public static ReadOnlyMemory<byte> Unpack(int codec, ReadOnlyMemory<byte> stored, int size)
    {
        try
        {
            return codec switch
            {
                None => stored,
                SnappyCodec => OfSnappy(stored.Span, size),
                Gzip => OfStream(new GZipStream(Stream(stored), CompressionMode.Decompress), size),
                BrotliCodec => OfStream(new BrotliStream(Stream(stored), CompressionMode.Decompress), size),
                Zstandard => OfStream(new DecompressionStream(Stream(stored)), size),
                3 => throw new InvalidDataException(
                    "its pages are compressed by LZO, which is not read; write it again with Snappy or Zstandard"),
                5 or 7 => throw new InvalidDataException(
                    "its pages are compressed by LZ4, which is not read; write it again with Snappy or Zstandard"),
                _ => throw new InvalidDataException("its pages are compressed by an unknown method"),
            };
        }
        catch (Exception exception)
            when (exception is ZstdException or InvalidOperationException or ArgumentException or IOException)
        {
            throw new InvalidDataException($"a page cannot be unpacked: {exception.Message}", exception);
        }
    }

    private static byte[] OfSnappy(ReadOnlySpan<byte> stored, int size)
    {
        if (size > (long)MostOfSnappy * stored.Length || Snappy.GetUncompressedLength(stored) != size)
        {
            throw new InvalidDataException("a page is not as long as its header says");
        }

        byte[] page = new byte[size];
        return Snappy.Decompress(stored, page) == size
            ? page
            : throw new InvalidDataException("a page is shorter than its header says");
    }

    private static MemoryStream Stream(ReadOnlyMemory<byte> stored) => new(stored.ToArray());

    private static byte[] OfStream(Stream stream, int size)
    {
        using (stream)
        {
            byte[] page = new byte[Math.Min(size, FirstBuffer)];
            for (int count = 0; count < size;)
            {
                if (count == page.Length)
                {
                    Array.Resize(ref page, (int)Math.Min(size, 2L * page.Length));
                }

                int read = stream.Read(page.AsSpan(count));
                count += read > 0 ? read : throw new InvalidDataException("a page is shorter than its header says");
            }

            return page;
        }
    }
}
