using System.Buffers;
using System.Buffers.Binary;
using System.Numerics.Tensors;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>
/// A copy of a checkpoint in another directory, whose tensors can be overwritten in place: same files, headers, order,
/// metadata and element types; of files of torch.save, safetensors files with the same tensors. A pruned model is the
/// dense one with other numbers in it.
/// </summary>
public sealed class CheckpointWriter : IDisposable
{
    private const int PieceLength = 1 << 16;

    // Whole elements of every type.
    private const int CopyLength = 1 << 20;

    private readonly Checkpoint source;
    private readonly string directory;
    private readonly Dictionary<string, SafeFileHandle> files = [];

    // Of a copy in another form: where a tensor is in it, by its shard in the source and its name.
    private readonly Dictionary<(string Shard, string Name), TensorInfo> places = [];

    /// <summary>Copies the files with tensors, and their index if there is one, and opens the copies for
    /// writing.</summary>
    /// <param name="source">The dense checkpoint.</param>
    /// <param name="directory">Where to put the copy; made if it is not there. Must not be the source's
    /// directory.</param>
    /// <exception cref="DiagnosticException">The source is packed, the copy cannot be written, or a value in F32, F16
    /// or BF16 is NaN or infinite.</exception>
    public CheckpointWriter(Checkpoint source, string directory)
    {
        if (ResolvedPath.Of(directory).Equals(ResolvedPath.Of(source.Directory), ResolvedPath.Comparison))
        {
            throw ModelDiagnostics.CheckpointNotWritable.Error(
                new SourceLocation(directory), "the dense model is here; name another directory for the pruned one");
        }

        EncodingFile.RequireUnpacked(source.Directory, "pruning");
        this.source = source;
        this.directory = directory;
        try
        {
            foreach (CopiedShard shard in source.Copies)
            {
                files.Add(shard.Name, source.IsConvertedInCopies ? Convert(shard) : Copy(shard.Source));
            }

            if (source.IndexOfCopy is { } index)
            {
                FileBytes.WriteAll(Path.Combine(directory, ShardIndex.FileName), index);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Overwrites a whole tensor, rounded to nearest even in the tensor's own element type.</summary>
    /// <param name="tensorName">Its full name.</param>
    /// <param name="values">All of its elements, row-major.</param>
    /// <exception cref="DiagnosticException">A value is not finite in that type, or the file cannot be
    /// written.</exception>
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

    /// <summary>Overwrites a part of a tensor by bytes in its own element type.</summary>
    /// <param name="tensorName">Its full name.</param>
    /// <param name="firstByte">The first byte to write, counted from the tensor's own.</param>
    /// <param name="bytes">Whole elements from there on.</param>
    /// <exception cref="DiagnosticException">A value is not finite, or the file cannot be written.</exception>
    /// <exception cref="ArgumentException">There is no such tensor, or it is shorter.</exception>
    public void WriteBytes(string tensorName, long firstByte, ReadOnlyMemory<byte> bytes)
    {
        TensorInfo tensor = Find(tensorName);
        ArgumentOutOfRangeException.ThrowIfNegative(firstByte);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, tensor.ByteLength - firstByte);
        CheckFinite(tensor, bytes.Span);
        TensorInfo place = PlaceOf(tensor);
        FileBytes.Write(files[place.Shard], place.Offset + firstByte, bytes, PathOf(place));
    }

    /// <summary>
    /// Brings superseded copies of tensors up to date, and flushes everything to the disk. Without it, what was written
    /// may be lost in a power failure.
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
            FileBytes.Flush(file, Path.Combine(directory, shard));
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

    /// <summary>Copies a shard, tensor by tensor, so that no value gets into the copy that nobody has looked
    /// at.</summary>
    private SafeFileHandle Copy(string shard)
    {
        (string sourcePath, string path) = (Path.Combine(source.Directory, shard), Path.Combine(directory, shard));
        using SafeFileHandle original = FileBytes.Open(sourcePath);
        SafeFileHandle copy = FileBytes.Create(path);
        try
        {
            long position = 0;
            foreach (TensorInfo tensor in source.Tensors.Where(tensor => tensor.Shard == shard))
            {
                Run(tensor.Offset, look: null);
                Run(tensor.Offset + tensor.ByteLength, bytes => CheckFinite(tensor, bytes.Span));
            }

            Run(RandomAccess.GetLength(original), look: null);
            return copy;

            // The header, and whatever belongs to no tensor that counts, is copied as it is.
            void Run(long end, Action<ReadOnlyMemory<byte>>? look)
            {
                FileBytes.Copy(original, sourcePath, copy, path, position, end - position, CopyLength, look);
                position = end;
            }
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Writes a shard of another form as a safetensors file. Here, too, no value gets into it that nobody has
    /// looked at.</summary>
    private SafeFileHandle Convert(CopiedShard shard)
    {
        string path = Path.Combine(directory, shard.Name);
        SafeFileHandle copy = FileBytes.Create(path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyLength);
        try
        {
            byte[] length = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)shard.Header.Length);
            FileBytes.Write(copy, 0, length, path);
            FileBytes.Write(copy, length.Length, shard.Header, path);
            foreach ((TensorInfo tensor, TensorInfo place) in shard.Tensors
                .Zip(SafetensorsHeader.Parse([.. shard.Header], path, shard.Name)))
            {
                places.Add((tensor.Shard, tensor.Name), place);
                for (long start = 0; start < tensor.ByteLength; start += CopyLength)
                {
                    Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(CopyLength, tensor.ByteLength - start));
                    source.ReadBytes(tensor, start, piece.Span);
                    CheckFinite(tensor, piece.Span);
                    FileBytes.Write(copy, place.Offset + start, piece, path);
                }
            }

            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private TensorInfo PlaceOf(TensorInfo tensor) => places.GetValueOrDefault((tensor.Shard, tensor.Name), tensor);

    private string PathOf(TensorInfo place) => Path.Combine(directory, place.Shard);

    private void CheckFinite(TensorInfo tensor, ReadOnlySpan<byte> bytes)
    {
        if (!ElementTypes.AreFinite(bytes, tensor.ElementType))
        {
            throw source.NonFinite(tensor);
        }
    }

    /// <summary>
    /// Not every loader asks the index which copy of a tensor counts; now they all find the same. A copy of another
    /// type or shape is none that they could have loaded.
    /// </summary>
    private void Update(TensorInfo copy)
    {
        if (!source.TryGet(copy.Name, out TensorInfo? tensor) || tensor.ElementType != copy.ElementType
            || !tensor.Shape.SequenceEqual(copy.Shape))
        {
            return;
        }

        (TensorInfo from, TensorInfo to) = (PlaceOf(tensor), PlaceOf(copy));
        byte[] bytes = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            for (long start = 0; start < tensor.ByteLength; start += PieceLength)
            {
                Memory<byte> piece = bytes.AsMemory(0, (int)Math.Min(PieceLength, tensor.ByteLength - start));
                FileBytes.Read(files[from.Shard], from.Offset + start, piece.Span, PathOf(from));
                FileBytes.Write(files[to.Shard], to.Offset + start, piece, PathOf(to));
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
        TensorInfo place = PlaceOf(tensor);
        string path = PathOf(place);
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
                NumberFormats.FromSingle(piece, tensor.ElementType.Format(), cast.Span);
                NumberFormats.ToSingle(cast.Span, tensor.ElementType.Format(), rounded.AsSpan(0, piece.Length));
                CheckFinite(tensor, path, firstElement + start, piece, rounded);
                long offset = place.Offset + (firstElement + start) * size;
                FileBytes.Write(files[place.Shard], offset, cast, path);
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
            FormattableString.Invariant(
                $"element {firstElement + i} of tensor '{tensor.Name}' would be {values[i]:G9}, ") +
            $"which is not finite in {tensor.ElementType}; use a gentler setting or a model in BF16 or F32");
    }
}
