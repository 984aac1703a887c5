using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Weights;

/// <summary>
/// The tensors of a checkpoint in mapped files: opening reads nothing, several processes share the memory, and what is
/// not used for long costs none. The files must not become shorter while they are mapped: the system ends a process
/// that reads where nothing is left.
/// </summary>
internal sealed unsafe class MappedFiles(Checkpoint checkpoint) : IDisposable
{
    private const int PieceLength = 1 << 24;

    private readonly Dictionary<string, Mapping> mappings = [];
    private readonly List<nint> copies = [];

    /// <summary>The bytes of a stored tensor, which stay until this is disposed.</summary>
    /// <param name="tensor">A tensor that is stored as it is, or a part of a packed one.</param>
    /// <param name="behind">Bytes behind it that have to be readable.</param>
    /// <exception cref="DiagnosticException">The file cannot be mapped, or has become shorter.</exception>
    public StoredBytes Bytes(TensorInfo tensor, int behind)
    {
        if (tensor.View is not null)
        {
            return InOrder(tensor, behind);
        }

        Mapping mapping = Map(tensor);
        byte* address = mapping.Address + tensor.Offset;
        long readable = mapping.Readable - tensor.Offset;
        if (readable >= tensor.ByteLength + behind)
        {
            return new StoredBytes(address, tensor.ByteLength, readable);
        }

        byte* copy = Allocate(tensor.ByteLength + behind);
        NativeMemory.Copy(address, copy, (nuint)tensor.ByteLength);
        return new StoredBytes(copy, tensor.ByteLength, tensor.ByteLength + behind);
    }

    /// <summary>Memory for weights that are not used as files have them.</summary>
    public byte* Allocate(long bytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        copies.Add((nint)memory);
        return memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Mapping mapping in mappings.Values)
        {
            mapping.Dispose();
        }

        mappings.Clear();
        copies.ForEach(copy => NativeMemory.AlignedFree((void*)copy));
        copies.Clear();
    }

    /// <summary>A copy of a tensor that is not stored in its order.</summary>
    private StoredBytes InOrder(TensorInfo tensor, int behind)
    {
        byte* copy = Allocate(tensor.ByteLength + behind);
        for (long start = 0; start < tensor.ByteLength; start += PieceLength)
        {
            checkpoint.ReadBytes(
                tensor,
                start,
                new Span<byte>(copy + start, (int)Math.Min(PieceLength, tensor.ByteLength - start)));
        }

        return new StoredBytes(copy, tensor.ByteLength, tensor.ByteLength + behind);
    }

    private Mapping Map(TensorInfo tensor)
    {
        string path = checkpoint.PathOf(tensor);
        if (!mappings.TryGetValue(tensor.Shard, out Mapping? mapping))
        {
            mappings.Add(tensor.Shard, mapping = Map(checkpoint.FileOf(tensor), path));
        }

        return tensor.Offset + tensor.ByteLength <= mapping.Length
            ? mapping
            : throw ModelDiagnostics.CheckpointUnreadable
                .Error(new SourceLocation(path), "it has become shorter since it was opened");
    }

    private static Mapping Map(SafeFileHandle handle, string path)
    {
        try
        {
            long length = RandomAccess.GetLength(handle);
            var file = MemoryMappedFile.CreateFromFile(
                handle,
                null,
                0,
                MemoryMappedFileAccess.Read,
                HandleInheritability.None,
                leaveOpen: true);
            MemoryMappedViewAccessor view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            byte* address = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);

            // The rest of the last page is zeros.
            long page = Environment.SystemPageSize;
            return new Mapping(file, view, address, length, (length + page - 1) / page * page);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ModelDiagnostics.CheckpointUnreadable.Error(new SourceLocation(path), e.Message, e);
        }
    }

    private sealed class Mapping(
        MemoryMappedFile file,
        MemoryMappedViewAccessor view,
        byte* address,
        long length,
        long readable) : IDisposable
    {
        public byte* Address { get; } = address;

        public long Length { get; } = length;

        public long Readable { get; } = readable;

        public void Dispose()
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            file.Dispose();
        }
    }
}
