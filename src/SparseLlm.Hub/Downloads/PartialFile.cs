using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Files;

namespace SparseLlm.Hub.Downloads;

/// <summary>
/// A file on its way: it has its length from the beginning, and a small file beside it says how far each piece of it
/// is. What has been received is known after the process was killed too, and is never believed before the digest of the
/// whole has been computed.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const int Signature = 0x314D5053;
    private const int HeaderLength = 16;
    private const int CountLength = sizeof(long);
    private const int ShortestPiece = 1 << 10;

    private readonly string path;
    private readonly SafeFileHandle content;
    private readonly SafeFileHandle record;

    private PartialFile(string path, SafeFileHandle content, SafeFileHandle record, IReadOnlyList<Piece> pieces) =>
        (this.path, this.content, this.record, Pieces) = (path, content, record, pieces);

    /// <summary>The pieces, in their order.</summary>
    public IReadOnlyList<Piece> Pieces { get; }

    /// <summary>Bytes that are here.</summary>
    public long Received => Pieces.Sum(piece => piece.Received);

    /// <summary>Goes on with a file, or begins one.</summary>
    /// <param name="path">Its place until it is whole.</param>
    /// <param name="size">Its length.</param>
    /// <param name="pieceLength">How long the pieces of a new one are.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static PartialFile Open(string path, long size, int pieceLength)
    {
        RegularFile.Require(path, followLink: false);
        RegularFile.Require(RecordOf(path), followLink: false);
        SafeFileHandle content = File.OpenHandle(
            path,
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.Read | FileShare.Delete);
        SafeFileHandle record = File.OpenHandle(
            RecordOf(path),
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.Read | FileShare.Delete);
        if (RandomAccess.GetLength(content) != size || ReadPieces(record, size) is not { } pieces)
        {
            // The record goes first, and comes last: it never speaks of bytes that are not there.
            RandomAccess.SetLength(record, 0);
            RandomAccess.SetLength(content, 0);
            RandomAccess.SetLength(content, size);
            pieces = [.. Cut(size, pieceLength, _ => 0)];
            Begin(record, pieceLength, pieces.Count);
        }

        return new PartialFile(path, content, record, pieces);
    }

    /// <summary>Bytes that are here of a file that nobody has open.</summary>
    public static long ReceivedOf(string path, long size)
    {
        try
        {
            using SafeFileHandle record = RegularFile.Open(
                RecordOf(path),
                FileShare.ReadWrite | FileShare.Delete,
                followLink: false);
            return new FileInfo(path) is { Exists: true } file && file.Length == size
                && ReadPieces(record, size) is { } pieces ? pieces.Sum(piece => piece.Received) : 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Adds the next bytes of a piece. No two threads do so for one piece.</summary>
    public void Append(Piece piece, ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(content, bytes, piece.Next);
        piece.Received += bytes.Length;
        Span<byte> count = stackalloc byte[CountLength];
        BinaryPrimitives.WriteInt64LittleEndian(count, piece.Received);
        RandomAccess.Write(record, count, HeaderLength + (long)piece.Index * CountLength);
    }

    /// <summary>What has been received, to be read again.</summary>
    public SafeFileHandle Content => content;

    /// <summary>Puts the file in its place.</summary>
    public void MoveTo(string place)
    {
        RandomAccess.FlushToDisk(content);
        File.Move(path, place, overwrite: true);
        File.Delete(RecordOf(path));
    }

    /// <summary>Forgets all that has been received.</summary>
    public void Delete()
    {
        File.Delete(RecordOf(path));
        File.Delete(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        content.Dispose();
        record.Dispose();
    }

    private static string RecordOf(string path) => path + ".pieces";

    private static void Begin(SafeFileHandle record, int pieceLength, int count)
    {
        byte[] bytes = new byte[HeaderLength + count * CountLength];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Signature);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), pieceLength);
        RandomAccess.Write(record, bytes, 0);
    }

    /// <summary>The pieces that a record has; null where it is none of this size.</summary>
    private static List<Piece>? ReadPieces(SafeFileHandle record, long size)
    {
        byte[] header = new byte[HeaderLength];
        int read = RandomAccess.Read(record, header, 0);
        int pieceLength = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4));
        if (read != HeaderLength || BinaryPrimitives.ReadInt32LittleEndian(header) != Signature
            || pieceLength < ShortestPiece
            || RandomAccess.GetLength(record) != HeaderLength + Count(size, pieceLength) * CountLength)
        {
            return null;
        }

        byte[] counts = new byte[Count(size, pieceLength) * CountLength];
        if (RandomAccess.Read(record, counts, HeaderLength) != counts.Length)
        {
            return null;
        }

        List<Piece> pieces = [.. Cut(
            size,
            pieceLength,
            index => BinaryPrimitives.ReadInt64LittleEndian(counts.AsSpan(index * CountLength)))];
        return pieces.All(piece => piece.Received >= 0 && piece.Next <= piece.End) ? pieces : null;
    }

    private static long Count(long size, int pieceLength) => (size + pieceLength - 1) / pieceLength;

    private static IEnumerable<Piece> Cut(long size, int pieceLength, Func<int, long> received) =>
        Enumerable.Range(0, (int)Count(size, pieceLength)).Select(index =>
        {
            long start = (long)index * pieceLength;
            return new Piece(index, start, Math.Min(pieceLength, size - start), received(index));
        });
}
