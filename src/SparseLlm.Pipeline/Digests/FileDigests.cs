using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Digests;

/// <summary>
/// Digests of files and of the tensors in them, remembered from run to run by path, length and times, so that what has
/// not changed is not read again. Safe for several threads and processes.
/// </summary>
/// <param name="memoDirectory">Where to remember them; null to remember them in memory only.</param>
/// <param name="prepare">Makes the cache that the directory is in, where it is in one.</param>
internal sealed class FileDigests(string? memoDirectory, Action? prepare = null)
{
    // A file that was written this shortly before it was read can change again without a change of its times.
    private static readonly TimeSpan Unsettled = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, FileDigestMemo> memos = [];

    /// <summary>The digest of a file's bytes, 64 hexadecimal digits.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    public string Of(string path) => Find(path).Digest;

    /// <summary>The digests of the tensors in a file of a checkpoint by name, over element type, shape and
    /// bytes.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read, or is none.</exception>
    public IReadOnlyDictionary<string, string> Tensors(string path) => Find(path, needsTensors: true).Tensors!;

    /// <summary>The digests of a file, and the stamp that it had before it was read for them.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    internal FileDigestMemo Find(string path) => Find(path, needsTensors: false);

    private FileDigestMemo Find(string path, bool needsTensors)
    {
        path = Path.GetFullPath(path);
        try
        {
            using SafeFileHandle file = RegularFile.Open(path);
            FileStamp stamp = FileStamp.Of(file);
            if (Recall(path, stamp, needsTensors) is { } known)
            {
                return known;
            }

            DateTime start = DateTime.UtcNow;
            FileDigestMemo memo = Read(file, path, stamp, needsTensors);
            bool isSettled = start - new DateTime(stamp.Modified, DateTimeKind.Utc) >= Unsettled;
            if (isSettled && FileStamp.Of(file) == stamp)
            {
                Remember(memo);
            }

            return memo;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(new SourceLocation(path), exception.Message, exception);
        }
    }

    private static FileDigestMemo Read(SafeFileHandle file, string path, FileStamp stamp, bool needsTensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IReadOnlyList<TensorInfo>? layout = Layout(file, path, needsTensors);
        using TensorHasher? tensors = layout is null ? null : new TensorHasher(layout);
        Action<ReadOnlyMemory<byte>> append = chunk => hash.AppendData(chunk.Span);
        FilePass.Run(file, CancellationToken.None, tensors is null ? [append] : [append, tensors.Append]);
        return new FileDigestMemo(
            path,
            stamp,
            Convert.ToHexStringLower(hash.GetHashAndReset()),
            tensors?.Complete(file, path));
    }

    /// <summary>The tensors of a file. Where only its own digest is asked for, a malformed one is a file like any
    /// other.</summary>
    private static IReadOnlyList<TensorInfo>? Layout(SafeFileHandle file, string path, bool needsTensors)
    {
        if (!needsTensors && !Checkpoint.HoldsTensors(path))
        {
            return null;
        }

        try
        {
            return Checkpoint.TensorsIn(file, path);
        }
        catch (DiagnosticException) when (!needsTensors)
        {
            return null;
        }
    }

    private FileDigestMemo? Recall(string path, FileStamp stamp, bool needsTensors)
    {
        if (!memos.TryGetValue(path, out FileDigestMemo? memo) && MemoPath(path) is { } file && File.Exists(file))
        {
            memo = FileDigestMemo.TryRead(file);
        }

        return memo is not null && memo.Path == path && memo.Stamp == stamp
            && (memo.Tensors is not null || !needsTensors) ? memo : null;
    }

    private void Remember(FileDigestMemo memo)
    {
        memos[memo.Path] = memo;
        if (MemoPath(memo.Path) is { } file)
        {
            memo.TryWrite(file, prepare);
        }
    }

    private string? MemoPath(string path) => memoDirectory is null
        ? null
        : Path.Combine(memoDirectory, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path))));
}
