using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.GZip;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using ZstdSharp;

namespace SparseLlm.Pruning.Calibration;

/// <summary>A file of a text, unpacked while it is read.</summary>
internal sealed class TextFile : IDisposable
{
    private readonly Stream stream;
    private readonly ReadingLimit limit;

    private TextFile(string path, Stream stream, ReadingLimit limit)
        => (Path, this.stream, this.limit) = (path, stream, limit);

    /// <summary>Its name.</summary>
    public string Path { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its name, which says how it is packed.</param>
    /// <param name="limit">Counts what is read, unpacked.</param>
    /// <param name="isWhole">Whether it will be read to the end: then a length that is too much is found before it is
    /// read.</param>
    /// <exception cref="DiagnosticException">It cannot be opened, or is too long.</exception>
    public static TextFile Open(string path, ReadingLimit limit, bool isWhole)
    {
        TextCompression compression = TextFormats.CompressionOf(path);
        try
        {
            var file = new FileStream(
                RegularFile.Open(path, options: FileOptions.SequentialScan),
                FileAccess.Read,
                bufferSize: 1 << 16);
            try
            {
                if (isWhole && compression == TextCompression.None)
                {
                    limit.Require(path, file.Length);
                }

                return new TextFile(path, Unpacked(file, compression), limit);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception);
        }
    }

    /// <summary>Reads on, until the buffer is full or the file has ended.</summary>
    /// <returns>How many bytes were read.</returns>
    /// <exception cref="DiagnosticException">The file cannot be read or unpacked, or is too long.</exception>
    public int Read(Span<byte> buffer)
    {
        int count = 0;
        try
        {
            while (count < buffer.Length && stream.Read(buffer[count..]) is > 0 and int read)
            {
                count += read;
            }
        }
        catch (Exception exception) when (exception is SharpZipBaseException or EndOfStreamException or ZstdException)
        {
            throw PruningDiagnostics.UnreadableText.Error(
                new SourceLocation(Path),
                $"the file is called {System.IO.Path.GetExtension(Path)}, and is damaged, cut off or packed by "
                + $"something else ({exception.Message.TrimEnd('.')}); copy it again, or correct its name",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(Path, exception);
        }

        limit.Take(Path, count);
        return count;
    }

    /// <summary>An error: the system does not let it be read.</summary>
    public static DiagnosticException Unreadable(string path, Exception exception) =>
        PruningDiagnostics.UnreadableText.Error(new SourceLocation(path), Reason(path, exception), exception);

    /// <summary>Why the system does not let a file be read. It names the file itself, which the place of the error does
    /// already.</summary>
    public static string Reason(string path, Exception exception)
    {
        string named = $" '{System.IO.Path.GetFullPath(path)}'";
        bool isMissing = exception is FileNotFoundException or DirectoryNotFoundException;
        return isMissing && exception.Message.Contains(named, StringComparison.Ordinal)
            ? "there is no such file"
            : $"the file cannot be read: {exception.Message.Replace(" :" + named, "").Replace(named, "").TrimEnd('.')}";
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    // GZipStream of .NET takes a file that was cut off for one that has ended, and half of a text would be read without
    // a word.
    private static Stream Unpacked(FileStream file, TextCompression compression) => compression switch
    {
        TextCompression.Gzip => new GZipInputStream(file),
        TextCompression.Zstandard => new DecompressionStream(file, leaveOpen: false),
        _ => file,
    };
}
