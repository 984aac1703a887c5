using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.TorchSharp.Memory;

/// <summary>
/// Copies between host memory and tensors: straight where the device is the CPU, else in chunks through pinned memory, which the device reads and
/// writes itself. Pinned memory is kept: to ask for it takes longer than most copies.
/// </summary>
/// <param name="device">The tensors' device.</param>
/// <param name="log">Hears of every copy, if anything does.</param>
internal sealed class HostTransfer(torch.Device device, OperationLog? log) : IDisposable
{
    /// <summary>Bytes of a chunk; what a tensor shows of its memory must be below 2 GiB.</summary>
    private const int ChunkBytes = 1 << 25;

    private readonly Lock copying = new();
    private readonly Dictionary<torch.ScalarType, Tensor> pinned = [];

    private bool OnHost => device.type == DeviceType.CPU;

    /// <summary>destination = source.</summary>
    /// <param name="source">As many elements as the destination has.</param>
    /// <param name="destination">Contiguous.</param>
    public void Upload<T>(ReadOnlySpan<T> source, Tensor destination)
        where T : unmanaged
    {
        log?.AddUpload((long)source.Length * Unsafe.SizeOf<T>());
        using Tensor elements = destination.view(-1);
        lock (copying)
        {
            for (int start = 0; start < source.Length; start += Chunk<T>())
            {
                int count = Math.Min(Chunk<T>(), source.Length - start);
                using Tensor part = elements.narrow(0, start, count);
                using Tensor? staging = Staging<T>(count);
                MemoryMarshal.AsBytes(source.Slice(start, count)).CopyTo((staging ?? part).bytes);
                if (staging is not null)
                {
                    part.copy_(staging);
                }
            }
        }
    }

    /// <summary>destination = source.</summary>
    /// <param name="source">Contiguous.</param>
    /// <param name="destination">As many elements as the source has.</param>
    public void Download<T>(Tensor source, Span<T> destination)
        where T : unmanaged
    {
        log?.AddDownload((long)destination.Length * Unsafe.SizeOf<T>());
        using Tensor elements = source.view(-1);
        lock (copying)
        {
            for (int start = 0; start < destination.Length; start += Chunk<T>())
            {
                int count = Math.Min(Chunk<T>(), destination.Length - start);
                using Tensor part = elements.narrow(0, start, count);
                using Tensor? staging = Staging<T>(count);
                staging?.copy_(part);
                (staging ?? part).bytes.CopyTo(MemoryMarshal.AsBytes(destination.Slice(start, count)));
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

    private static int Chunk<T>()
        where T : unmanaged => ChunkBytes / Unsafe.SizeOf<T>();

    /// <summary>The beginning of the pinned memory; null where the device needs none.</summary>
    private Tensor? Staging<T>(int count)
        where T : unmanaged
    {
        if (OnHost)
        {
            return null;
        }

        torch.ScalarType type = ElementTypes.Of<T>();
        if (!pinned.TryGetValue(type, out Tensor? memory))
        {
            using Tensor pageable = torch.empty(Chunk<T>(), type, torch.CPU);
            memory = pageable.pin_memory().DetachFromDisposeScope();
            pinned.Add(type, memory);
        }

        return memory.narrow(0, 0, count);
    }
}
