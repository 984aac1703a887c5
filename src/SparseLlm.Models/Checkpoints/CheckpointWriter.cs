using System.Buffers;
using System.IO.Enumeration;
using System.Numerics.Tensors;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>
/// A copy of a checkpoint in another directory, whose tensors can be overwritten in place: same files, headers, order,
/// metadata and element types. A pruned model is the dense one with other numbers in it.
/// </summary>
public sealed class CheckpointWriter : IDisposable
{
    private const int PieceLength = 1 << 16;

    private static readonly string[] CompanionPatterns =
    [
        "config.json", "generation_config.json",
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "vocab.txt", "merges.txt", "*.model", "*.tiktoken",
        "chat_template.json", "*.jinja",
        "LICENSE*", "NOTICE*",
    ];

    private readonly Checkpoint source;
    private readonly string directory;
    private readonly Dictionary<string, SafeFileHandle> files = [];

    /// <summary>Copies the safetensors files, and their index if there is one, and opens the copies for writing.</summary>
    /// <param name="source">The dense checkpoint.</param>
    /// <param name="directory">Where to put the copy; made if it is not there. Must not be the source's directory.</param>
    /// <exception cref="DiagnosticException">The copy cannot be written.</exception>
    public CheckpointWriter(Checkpoint source, string directory)
    {
        if (Path.GetFullPath(directory + "/") == Path.GetFullPath(source.Directory + "/"))
        {
            throw ModelDiagnostics.CheckpointNotWritable.Error(
                new SourceLocation(directory), "the dense model is here; name another directory for the pruned one");
        }

        this.source = source;
        this.directory = directory;
        try
        {
            foreach (string shard in source.Shards)
            {
                string path = Copy(source.Directory, directory, shard);
                files.Add(shard, Guard(path, () => File.OpenHandle(path, access: FileAccess.ReadWrite)));
            }

            if (source.IsSharded)
            {
                Copy(source.Directory, directory, ShardIndex.FileName);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Copies what makes a model directory loadable beside its weights: configuration, tokenizer files, chat template,
    /// licence. Files that are not there are not missed.
    /// </summary>
    /// <exception cref="DiagnosticException">A file cannot be copied.</exception>
    public static void CopyCompanions(string sourceDirectory, string directory)
    {
        foreach (string name in Companions(sourceDirectory))
        {
            Copy(sourceDirectory, directory, name);
        }
    }

    /// <summary>The names of the files that <see cref="CopyCompanions"/> copies, in ordinal order.</summary>
    public static IReadOnlyList<string> Companions(string directory) =>
    [
        .. Directory.EnumerateFiles(directory)
            .Select(path => Path.GetFileName(path))
            .Where(name => CompanionPatterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name)))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Overwrites a whole tensor, rounded to nearest even in the tensor's own element type.</summary>
    /// <param name="tensorName">Its full name.</param>
    /// <param name="values">All of its elements, row-major.</param>
    /// <exception cref="DiagnosticException">A value is not finite in that type, or the file cannot be written.</exception>
    /// <exception cref="ArgumentException">There is no such tensor, or it has another length.</exception>
    public void Write(string tensorName, ReadOnlySpan<float> values)
    {
        TensorInfo tensor = Find(tensorName);
        if (values.Length != tensor.ElementCount)
        {
            throw new ArgumentException($"{values.Length} values do not fill {tensor}.", nameof(values));
        }

        Write(tensor, 0, values);
    }

    /// <summary>Overwrites a part of a tensor, rounded to nearest even in the tensor's own element type.</summary>
    /// <param name="tensorName">Its full name.</param>
    /// <param name="firstElement">The first element to write, row-major.</param>
    /// <param name="values">The elements from there on.</param>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{float})" path="/exception"/>
    public void Write(string tensorName, long firstElement, ReadOnlySpan<float> values) =>
        Write(Find(tensorName), firstElement, values);

    /// <summary>
    /// Brings superseded copies of tensors up to date, and flushes everything to the disk. Without it, what was written may be lost in a power failure.
    /// </summary>
    /// <exception cref="DiagnosticException">The disk does not take it.</exception>
    public void Complete()
    {
        foreach (TensorInfo copy in source.Superseded)
        {
            Update(copy);
        }

        foreach ((string shard, SafeFileHandle file) in files)
        {
            Guard(Path.Combine(directory, shard), () => RandomAccess.FlushToDisk(file));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle file in files.Values)
        {
            file.Dispose();
        }
    }

    private static string Copy(string sourceDirectory, string directory, string name)
    {
        string path = Path.Combine(directory, name);
        Guard(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // What is there may be a link, or read-only; a new file is neither.
            File.Delete(path);
            File.Copy(Path.Combine(sourceDirectory, name), path);
            File.SetAttributes(path, File.GetAttributes(path) & ~FileAttributes.ReadOnly);
        });
        return path;
    }

    private static void Guard(string path, Action action) => Guard(path, () =>
    {
        action();
        return true;
    });

    private static T Guard<T>(string path, Func<T> function)
    {
        try
        {
            return function();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ModelDiagnostics.CheckpointNotWritable.Error(
                new SourceLocation(path), $"the file cannot be written: {e.Message}", e);
        }
    }

    /// <summary>
    /// Not every loader asks the index which copy of a tensor counts; now they all find the same. A copy of another type or shape is none
    /// that they could have loaded.
    /// </summary>
    private void Update(TensorInfo copy)
    {
        if (!source.TryGet(copy.Name, out TensorInfo? tensor) || tensor.ElementType != copy.ElementType || !tensor.Shape.SequenceEqual(copy.Shape))
        {
            return;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            for (long start = 0; start < tensor.ByteLength; start += PieceLength)
            {
                Memory<byte> piece = bytes.AsMemory(0, (int)Math.Min(PieceLength, tensor.ByteLength - start));
                FileBytes.Read(files[tensor.Shard], tensor.Offset + start, piece.Span, Path.Combine(directory, tensor.Shard));
                Guard(Path.Combine(directory, copy.Shard), () => RandomAccess.Write(files[copy.Shard], piece.Span, copy.Offset + start));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private TensorInfo Find(string name) => source.TryGet(name, out TensorInfo? tensor)
        ? tensor
        : throw new ArgumentException($"The checkpoint has no tensor '{name}'.", nameof(name));

    private void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<float> values)
    {
        string path = Path.Combine(directory, tensor.Shard);
        if (!tensor.ElementType.IsConvertible())
        {
            throw ModelDiagnostics.UnsupportedElementType.Error(
                new SourceLocation(path), Checkpoint.UnsupportedElementTypeMessage(tensor));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(values.Length, tensor.ElementCount - firstElement);

        int size = tensor.ElementType.Size();
        byte[] bytes = ArrayPool<byte>.Shared.Rent(PieceLength * size);
        float[] rounded = ArrayPool<float>.Shared.Rent(PieceLength);
        try
        {
            for (int start = 0; start < values.Length; start += PieceLength)
            {
                ReadOnlySpan<float> piece = values.Slice(start, Math.Min(PieceLength, values.Length - start));
                Memory<byte> cast = bytes.AsMemory(0, piece.Length * size);
                ElementTypes.FromSingle(piece, tensor.ElementType, cast.Span);
                ElementTypes.ToSingle(cast.Span, tensor.ElementType, rounded.AsSpan(0, piece.Length));
                CheckFinite(tensor, path, firstElement + start, piece, rounded);
                long offset = tensor.Offset + (firstElement + start) * size;
                Guard(path, () => RandomAccess.Write(files[tensor.Shard], cast.Span, offset));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<float>.Shared.Return(rounded);
        }
    }

    private static void CheckFinite(
        TensorInfo tensor, string path, long firstElement, ReadOnlySpan<float> values, ReadOnlySpan<float> rounded)
    {
        rounded = rounded[..values.Length];
        if (TensorPrimitives.IsFiniteAll(rounded))
        {
            return;
        }

        int i = 0;
        while (float.IsFinite(rounded[i]))
        {
            i++;
        }

        throw ModelDiagnostics.ValueOutOfRange.Error(
            new SourceLocation(path),
            FormattableString.Invariant($"element {firstElement + i} of tensor '{tensor.Name}' would be {values[i]:G9}, ") +
            $"which is not finite in {tensor.ElementType}; use a gentler setting or a model in BF16 or F32");
    }
}
