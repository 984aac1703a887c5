using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Files;

/// <summary>
/// A lock between processes, held on a file by the operating system: it is released when the process ends, however it
/// ends.
/// </summary>
public static class FileLock
{
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits for the lock.</summary>
    /// <param name="path">The file to lock; it is created, and stays.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="waiting">Told once, if another holds the lock.</param>
    /// <exception cref="IOException">The file cannot be created or opened, or is no file but a link or a
    /// pipe.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be created or opened.</exception>
    public static IDisposable Acquire(string path, CancellationToken cancellation, Action? waiting = null)
    {
        TimeSpan delay = FirstDelay;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryAcquire(path) is { } held)
            {
                return held;
            }

            waiting?.Invoke();
            waiting = null;
            cancellation.WaitHandle.WaitOne(delay);
            delay = TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, delay.Ticks * 3 / 2));
        }
    }

    /// <summary>Takes the lock, unless another holds it.</summary>
    /// <param name="path">The file to lock; it is created, and stays.</param>
    /// <returns>Releases the lock; null where another holds it.</returns>
    /// <exception cref="IOException">The file cannot be created or opened, or is no file but a link or a
    /// pipe.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be created or opened.</exception>
    public static IDisposable? TryAcquire(string path)
    {
        while (true)
        {
            try
            {
                RegularFile.Require(path, followLink: false);
                SafeFileHandle handle = File.OpenHandle(
                    path,
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None);
                if (File.Exists(path))
                {
                    Touch(handle);
                    return handle;
                }

                // Cleared away between opening and locking: others would lock another file.
                handle.Dispose();
            }
            catch (IOException exception) when (IsHeldByAnother(exception))
            {
                return null;
            }
        }
    }

    /// <summary>Whether nobody holds the file open.</summary>
    public static bool IsFree(string path)
    {
        try
        {
            RegularFile.Require(path, followLink: false);
            using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Deletes a file that nobody holds open. It is locked until it is gone: who opens it at this moment finds it
    /// locked, or gone once it is not.
    /// </summary>
    /// <returns>Whether it was deleted.</returns>
    public static bool TryDelete(string path)
    {
        try
        {
            RegularFile.Require(path, followLink: false);
            File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose)
                .Dispose();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether an operation failed because another process holds the file.</summary>
    public static bool IsHeldByAnother(IOException exception) =>
        exception.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation;

    /// <summary>A lock in use does not look old to who clears up.</summary>
    private static void Touch(SafeFileHandle handle)
    {
        try
        {
            File.SetLastWriteTimeUtc(handle, DateTime.UtcNow);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another user's file: locked all the same.
        }
    }
}
