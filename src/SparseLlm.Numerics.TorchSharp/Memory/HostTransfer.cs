using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.TorchSharp.Memory;

/// <summary>
/// Copies between host memory and tensors: straight where the device is the CPU, else in chunks through pinned memory,
/// which the device reads and writes itself. Pinned memory is kept: to ask for it takes longer than most copies.
/// </summary>
/// <param name="device">The tensors' device.</param>
/// <param name="log">Hears of every copy, if anything does.</param>
internal sealed class HostTransfer(torch.Device device, OperationLog? log) : IDisposable
{
    /// <summary>Bytes of a chunk, a multiple of any element; what a tensor shows of its memory must be below 2
    /// GiB.</summary>
    private const int ChunkBytes = 1 << 25;

    /// <summary>What a thread copies at a time.</summary>
    private const int PieceBytes = 1 << 20;

    private readonly Lock copying = new();
    private readonly Dictionary<torch.ScalarType, Tensor> pinned = [];

    private bool OnHost => device.type == DeviceType.CPU;

    /// <summary>destination = source.</summary>
    /// <param name="source">As many elements as the destination has.</param>
    /// <param name="destination">Contiguous.</param>
    public void Upload<T>(ReadOnlySpan<T> source, Tensor destination)
        where T : unmanaged => Upload(MemoryMarshal.AsBytes(source), ElementTypes.Of<T>(), destination);

    /// <summary>destination = source. Elements cross as they are in the source, and are converted on the
    /// device.</summary>
    /// <param name="source">The bytes of as many elements as the destination has.</param>
    /// <param name="type">Their type.</param>
    /// <param name="destination">Contiguous.</param>
    public void Upload(ReadOnlySpan<byte> source, torch.ScalarType type, Tensor destination)
    {
        log?.AddUpload(source.Length);
        using Tensor elements = destination.view(-1);
        int size = (int)type.ElementSize();
        lock (copying)
        {
            for (int start = 0; start < source.Length; start += ChunkBytes)
            {
                int bytes = Math.Min(ChunkBytes, source.Length - start);
                using DisposeScope scope = torch.NewDisposeScope();
                Tensor part = elements.narrow(0, start / size, bytes / size);
                Tensor staged = Staged(part, type);
                CopyOnHost(source.Slice(start, bytes), staged.bytes);
                if (!ReferenceEquals(staged, part))
                {
                    part.copy_(OnHost || part.dtype == type ? staged : staged.to(device));
                }
            }
        }
    }

    /// <summary>destination = source.</summary>
    /// <param name="source">Contiguous.</param>
    /// <param name="destination">As many elements as the source has.</param>
    public void Download<T>(Tensor source, Span<T> destination)
        where T : unmanaged => Download(source, ElementTypes.Of<T>(), MemoryMarshal.AsBytes(destination));

    /// <summary>destination = source. Elements are converted on the device, and cross as they are in the
    /// destination.</summary>
    /// <param name="source">Contiguous.</param>
    /// <param name="type">The type of the destination's elements.</param>
    /// <param name="destination">The bytes of as many elements as the source has.</param>
    public void Download(Tensor source, torch.ScalarType type, Span<byte> destination)
    {
        log?.AddDownload(destination.Length);
        using Tensor elements = source.view(-1);
        int size = (int)type.ElementSize();
        lock (copying)
        {
            for (int start = 0; start < destination.Length; start += ChunkBytes)
            {
                int bytes = Math.Min(ChunkBytes, destination.Length - start);
                using DisposeScope scope = torch.NewDisposeScope();
                Tensor part = elements.narrow(0, start / size, bytes / size);
                Tensor staged = Staged(part, type);
                if (!ReferenceEquals(staged, part))
                {
                    staged.copy_(part.to(type));
                }

                CopyOnHost(staged.bytes, destination.Slice(start, bytes));
            }
        }
    }

    /// <summary>Numbers of the host as a vector on the device.</summary>
    public Tensor Vector<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Tensor vector = torch.empty(values.Length, ElementTypes.Of<T>(), device);
        Upload(values, vector);
        return vector;
    }

    /// <summary>A tensor's only element.</summary>
    public T Read<T>(Tensor element)
        where T : unmanaged
    {
        log?.AddDownload(Unsafe.SizeOf<T>());
        return element.item<T>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor memory in pinned.Values)
        {
            memory.Dispose();
        }

        pinned.Clear();
    }

    /// <summary>By several threads: memory that the host writes for the first time is slow to get.</summary>
    private static unsafe void CopyOnHost(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            (nint first, nint second, int length) = ((nint)from, (nint)to, source.Length);
            Parallel.For(0, (length + PieceBytes - 1) / PieceBytes, piece =>
            {
                nint start = (nint)piece * PieceBytes;
                long bytes = Math.Min(PieceBytes, length - start);
                Buffer.MemoryCopy((byte*)first + start, (byte*)second + start, bytes, bytes);
            });
        }
    }

    /// <summary>Where the elements of a part are on the host: the part itself, pinned memory, or, where the device is
    /// the host and has them in another type, memory of their own.</summary>
    private Tensor Staged(Tensor part, torch.ScalarType type)
    {
        if (OnHost)
        {
            return part.dtype == type ? part : torch.empty(part.shape, type, device);
        }

        if (!pinned.TryGetValue(type, out Tensor? memory))
        {
            using Tensor pageable = torch.empty(ChunkBytes / type.ElementSize(), type, torch.CPU);
            memory = pageable.pin_memory().DetachFromDisposeScope();
            pinned.Add(type, memory);
        }

        return memory.narrow(0, 0, part.numel());
    }
}
