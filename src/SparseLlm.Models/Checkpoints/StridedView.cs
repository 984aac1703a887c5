using System.Buffers;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Models.Checkpoints.Torch;

namespace SparseLlm.Models.Checkpoints;

/// <summary>How the elements of a tensor lie in a file that are not stored one behind the other: a transposed matrix,
/// or a part of another tensor.</summary>
public sealed class StridedView
{
    private readonly IReadOnlyList<long> shape;
    private readonly IReadOnlyList<long> strides;
    private readonly int elementSize;

    private StridedView(
        IReadOnlyList<long> shape,
        IReadOnlyList<long> strides,
        int elementSize,
        long elementCount,
        long extent)
    {
        (this.shape, this.strides, this.elementSize, ElementCount) = (shape, strides, elementSize, elementCount);
        ByteExtent = extent * elementSize;
    }

    /// <summary>How many elements there are.</summary>
    public long ElementCount { get; }

    /// <summary>Bytes from the first element to behind the last one in the file.</summary>
    public long ByteExtent { get; }

    /// <summary>Whether each element is behind the one before it, so that the bytes are those of the tensor.</summary>
    internal bool IsConsecutive => ElementCount == 0 || Run.Outside == 0;

    /// <summary>Whether two elements are in one place, or may be: along some dimension a step is shorter than what is
    /// inside it.</summary>
    internal bool Overlaps
    {
        get
        {
            long inside = 1;
            foreach ((long dimension, long stride) in shape.Zip(strides).Where(axis => axis.First > 1)
                .OrderBy(axis => axis.Second))
            {
                if (stride < inside)
                {
                    return ElementCount > 0;
                }

                inside += (dimension - 1) * stride;
            }

            return false;
        }
    }

    /// <summary>Elements at the end of each row, or of more dimensions, that lie one behind the other, and the number
    /// of dimensions outside of them.</summary>
    private (long Length, int Outside) Run
    {
        get
        {
            long run = 1;
            int outside = shape.Count;
            for (; outside > 0 && (shape[outside - 1] == 1 || strides[outside - 1] == run); outside--)
            {
                run *= shape[outside - 1];
            }

            return (run, outside);
        }
    }

    /// <summary>The view that a tensor is; null if it is not inside its storage.</summary>
    internal static StridedView? TryOf(TorchTensor tensor)
    {
        if (tensor.Shape.Count != tensor.Strides.Count)
        {
            return null;
        }

        if (tensor.Shape.Contains(0))
        {
            return new StridedView(tensor.Shape, tensor.Strides, tensor.ElementType.Size(), 0, 0);
        }

        Int128 count = 1;
        Int128 extent = 1;
        foreach ((long dimension, long stride) in tensor.Shape.Zip(tensor.Strides))
        {
            count *= dimension;
            extent += (Int128)(dimension - 1) * stride;

            // What is that long already is in no file, and two factors more would not fit.
            if (count > long.MaxValue || extent > long.MaxValue)
            {
                return null;
            }
        }

        int size = tensor.ElementType.Size();
        return count * size <= long.MaxValue && (tensor.Offset + extent) * size <= tensor.Storage.ByteLength
            ? new StridedView(tensor.Shape, tensor.Strides, size, (long)count, (long)extent)
            : null;
    }

    /// <summary>Reads the tensor's bytes, one behind the other.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">The first element's place in it.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The file cannot be read.</exception>
    internal byte[] Read(SafeFileHandle file, long offset, string path)
    {
        byte[] stored = ArrayPool<byte>.Shared.Rent((int)ByteExtent);
        try
        {
            FileBytes.Read(file, offset, stored.AsSpan(0, (int)ByteExtent), path);
            return Gather(stored);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    /// <summary>The tensor's bytes, one behind the other.</summary>
    /// <param name="stored">What lies in the file from the first element to the last.</param>
    private byte[] Gather(ReadOnlySpan<byte> stored)
    {
        byte[] bytes = new byte[ElementCount * elementSize];
        (long length, int outside) = Run;
        int run = (int)length * elementSize;
        long[] index = new long[outside];
        long place = 0;
        for (int done = 0; done < bytes.Length; done += run)
        {
            stored.Slice((int)place, run).CopyTo(bytes.AsSpan(done));
            for (int axis = outside - 1; axis >= 0; axis--)
            {
                place += strides[axis] * elementSize;
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                place -= shape[axis] * strides[axis] * elementSize;
                index[axis] = 0;
            }
        }

        return bytes;
    }
}
