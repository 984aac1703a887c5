using System.Buffers;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Reading and writing files of a checkpoint, with failures that the user can act on.</summary>
internal static class FileBytes
{
    private const int PieceLength = 1 << 20;

    /// <summary>Opens a file for reading at any place.</summary>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            return RegularFile.Open(path, options: FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e.Message, e);
        }
    }

    /// <summary>Fills <paramref name="destination"/> from byte <paramref name="offset"/> on.</summary>
    public static void Read(SafeFileHandle file, long offset, Span<byte> destination, string path)
    {
        try
        {
            while (destination.Length > 0)
            {
                int count = RandomAccess.Read(file, destination, offset);
                if (count == 0)
                {
                    throw Unreadable(path, "it has become shorter since it was opened");
                }

                offset += count;
                destination = destination[count..];
            }
        }
        catch (IOException e)
        {
            throw Unreadable(path, e.Message, e);
        }
    }

    /// <summary>The whole content of a file.</summary>
    public static byte[] ReadAll(string path)
    {
        using SafeFileHandle file = Open(path);
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        Read(file, 0, bytes, path);
        return bytes;
    }

    /// <summary>Makes a new file of some content.</summary>
    public static void WriteAll(string path, byte[] bytes)
    {
        using SafeFileHandle file = Create(path);
        Write(file, 0, bytes, path);
        Flush(file, path);
    }

    /// <summary>Makes a new file to write and read, with the folders that it is in.</summary>
    public static SafeFileHandle Create(string path) => Guard(path, () =>
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // What is there may be a link, or read-only; a new file is neither.
        File.Delete(path);
        return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
    });

    /// <summary>Writes bytes from <paramref name="offset"/> on.</summary>
    public static void Write(SafeFileHandle file, long offset, ReadOnlyMemory<byte> source, string path)
        => Guard(path, () =>
    {
        RandomAccess.Write(file, source.Span, offset);
        return true;
    });

    /// <summary>Puts a file in the place of another, or where none was.</summary>
    public static void Move(string sourcePath, string path) => Guard(path, () =>
    {
        File.Move(sourcePath, path, overwrite: true);
        return true;
    });

    /// <summary>Deletes a file that nobody will miss, if it is there and can be deleted.</summary>
    public static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whatever made it superfluous is what the user has to hear about.
        }
    }

    /// <summary>Returns when the disk has everything.</summary>
    public static void Flush(SafeFileHandle file, string path) => Guard(path, () =>
    {
        RandomAccess.FlushToDisk(file);
        return true;
    });

    /// <summary>Copies a file.</summary>
    public static void Copy(string sourcePath, string path)
    {
        using SafeFileHandle source = Open(sourcePath);
        using SafeFileHandle target = Create(path);
        Copy(source, sourcePath, target, path, 0, RandomAccess.GetLength(source), PieceLength);
    }

    /// <summary>Copies bytes from one file to the same place in another.</summary>
    /// <param name="source">The one.</param>
    /// <param name="sourcePath">Its path, for messages.</param>
    /// <param name="target">The other.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many.</param>
    /// <param name="pieceLength">How many are in memory at a time.</param>
    /// <param name="look">Sees them before they are written.</param>
    public static void Copy(
        SafeFileHandle source, string sourcePath, SafeFileHandle target, string path, long offset, long length,
        int pieceLength, Action<ReadOnlyMemory<byte>>? look = null)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, pieceLength));
        try
        {
            for (long done = 0; done < length; done += pieceLength)
            {
                Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(pieceLength, length - done));
                Read(source, offset + done, piece.Span, sourcePath);
                look?.Invoke(piece);
                Write(target, offset + done, piece, path);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static T Guard<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ModelDiagnostics.CheckpointNotWritable
                .Error(new SourceLocation(path), $"the file cannot be written: {e.Message}", e);
        }
    }

    private static DiagnosticException Unreadable(string path, string reason, Exception? inner = null) =>
        ModelDiagnostics.CheckpointUnreadable
            .Error(new SourceLocation(path), $"the file cannot be read: {reason}", inner);
}
