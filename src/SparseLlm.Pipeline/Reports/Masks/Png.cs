using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace SparseLlm.Pipeline.Reports.Masks;

/// <summary>Writes pictures of up to sixteen colours, four bits for each point (PNG specification, third
/// edition).</summary>
internal static class Png
{
    private const byte BitDepth = 4;
    private const byte IndexedColor = 3;

    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A picture as the bytes of a file.</summary>
    /// <param name="width">Points in a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="points">The number of each point's colour, row by row.</param>
    /// <param name="palette">Red, green and blue of each colour.</param>
    public static byte[] Encode(int width, int height, ReadOnlySpan<byte> points, ReadOnlySpan<byte> palette)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (BitDepth, IndexedColor);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "PLTE"u8, palette);
        WriteChunk(file, "IDAT"u8, Compress(width, height, points));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>Each row begins with a byte for its filter, which is none; a point takes half a byte, the left one the
    /// upper half.</summary>
    private static byte[] Compress(int width, int height, ReadOnlySpan<byte> points)
    {
        using var data = new MemoryStream();
        using (var stream = new ZLibStream(data, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var line = new byte[1 + (width + 1) / 2];
            for (int row = 0; row < height; row++)
            {
                Array.Clear(line);
                for (int column = 0; column < width; column++)
                {
                    line[1 + column / 2] |= (byte)(points[row * width + column] << (column % 2 == 0 ? BitDepth : 0));
                }

                stream.Write(line);
            }
        }

        return data.ToArray();
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32([.. type, .. data]));
        file.Write(number);
    }
}
