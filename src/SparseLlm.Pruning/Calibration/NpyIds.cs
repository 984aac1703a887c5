using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Pruning.Calibration;

/// <summary>Token ids in NumPy's .npy format: little-endian integers in C order, of any shape.</summary>
internal static class NpyIds
{
    // Headers have some hundred bytes.
    private const int LongestHeader = 1 << 16;

    /// <summary>The first ids in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="count">How many of them at most.</param>
    /// <param name="limit">Counts what is read.</param>
    /// <exception cref="DiagnosticException">It is no such array, holds what is no token id, or is too
    /// long.</exception>
    public static int[] Read(string path, int count, ReadingLimit limit)
    {
        try
        {
            using SafeFileHandle file = RegularFile.Open(path);
            long length = RandomAccess.GetLength(file);
            NpyHeader header = NpyHeader.TryRead(
                Read(file, 0, (int)Math.Min(length, LongestHeader)),
                length,
                out string problem) ?? throw Unreadable(path, problem);
            long bytes = Math.Min(header.Count, count) * header.Size;
            limit.Take(path, bytes);
            return Decode(Read(file, header.Start, (int)bytes), header, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TextFile.Unreadable(path, exception);
        }
    }

    private static byte[] Read(SafeFileHandle file, long start, int count)
    {
        byte[] bytes = new byte[count];
        for (int read = 0; read < count;)
        {
            read += RandomAccess.Read(file, bytes.AsSpan(read), start + read) is > 0 and int step
                ? step
                : throw new IOException("the file has become shorter while it was read");
        }

        return bytes;
    }

    private static int[] Decode(ReadOnlySpan<byte> elements, NpyHeader header, string path)
    {
        var ids = new int[elements.Length / header.Size];
        for (int i = 0; i < ids.Length; i++)
        {
            Int128 id = Element(elements.Slice(i * header.Size, header.Size), header.IsSigned);
            ids[i] = id >= 0 && id <= int.MaxValue
                ? (int)id
                : throw Unreadable(path, FormattableString.Invariant($"element {i} is {id}, which is not a token id"));
        }

        return ids;
    }

    private static Int128 Element(ReadOnlySpan<byte> bytes, bool isSigned) => (bytes.Length, isSigned) switch
    {
        (1, false) => bytes[0],
        (1, true) => (sbyte)bytes[0],
        (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (2, true) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (4, true) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        (_, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        (_, true) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };

    private static DiagnosticException Unreadable(string path, string message) =>
        PruningDiagnostics.UnreadableText.Error(new SourceLocation(path), message);
}
