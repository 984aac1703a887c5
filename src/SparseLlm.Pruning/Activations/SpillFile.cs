using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Activations;

/// <summary>
/// A temporary file for what does not fit into memory. It has no name any more once it is open (on Windows it goes with
/// its handle), so that nothing is left of it however the process ends. Space that is given back is used again. Reading
/// is safe beside everything else, from several threads.
/// </summary>
internal sealed class SpillFile : IDisposable
{
    // Files of this form are cleared away by whoever opens the cache, should a process die between opening the file and
    // deleting its name.
    private const string Ending = ".tmp";

    private readonly string directory;
    private readonly SafeFileHandle file;
    private readonly Dictionary<long, Stack<long>> free = [];
    private long length;

    /// <summary>Takes over an open file.</summary>
    /// <param name="directory">Where it is, for messages.</param>
    /// <param name="file">Open for reading and writing.</param>
    public SpillFile(string directory, SafeFileHandle file) => (this.directory, this.file) = (directory, file);

    /// <summary>Opens a file in a directory, which is made if it is not there.</summary>
    /// <exception cref="DiagnosticException">It cannot be written.</exception>
    public static SpillFile Create(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            string path = Path.Combine(directory, $".{Guid.NewGuid():n}{Ending}");
            SafeFileHandle file = File.OpenHandle(
                path,
                FileMode.CreateNew,
                FileAccess.ReadWrite,
                FileShare.Delete,
                FileOptions.DeleteOnClose);
            if (!OperatingSystem.IsWindows())
            {
                File.Delete(path);
            }

            return new SpillFile(directory, file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(directory, exception);
        }
    }

    /// <summary>Reserves space.</summary>
    /// <returns>Its first byte.</returns>
    public long Allocate(long bytes)
    {
        if (free.TryGetValue(bytes, out Stack<long>? places) && places.TryPop(out long place))
        {
            return place;
        }

        place = length;
        length += bytes;
        return place;
    }

    /// <summary>Gives space back.</summary>
    public void Free(long place, long bytes)
    {
        if (!free.TryGetValue(bytes, out Stack<long>? places))
        {
            free.Add(bytes, places = []);
        }

        places.Push(place);
    }

    /// <summary>Writes bytes.</summary>
    /// <exception cref="DiagnosticException">The disk does not take them.</exception>
    public void Write(long place, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, place);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(directory, exception);
        }
    }

    /// <summary>Reads bytes that were written.</summary>
    /// <exception cref="DiagnosticException">The disk does not give them.</exception>
    public void Read(long place, Span<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
            {
                int count = RandomAccess.Read(file, bytes, place);
                if (count == 0)
                {
                    throw new EndOfStreamException("it has become shorter");
                }

                place += count;
                bytes = bytes[count..];
            }
        }
        catch (IOException exception)
        {
            throw Failed(directory, exception);
        }
    }

    private static DiagnosticException Failed(
        string directory,
        Exception exception) => PruningDiagnostics.CannotSpill.Error(
            new SourceLocation(directory),
            $"what is beyond the memory budget cannot be kept in a temporary file here: {exception.Message}; free some "
            + $"space, allow more memory "
            + "(memory in the recipe's engine section, or --memory), or use fewer calibration tokens",
            exception);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
