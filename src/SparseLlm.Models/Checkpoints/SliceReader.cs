using System.Buffers;
using System.Runtime.InteropServices;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Reads a matrix or vector that is a part of a stored tensor, some rows at a time.</summary>
/// <param name="slice">The part.</param>
/// <param name="format">The format of its numbers.</param>
/// <param name="read">Reads consecutive bytes of the slice's plane.</param>
public sealed class SliceReader(TensorSlice slice, NumberFormat format, PlaneReader read)
{
    private readonly int size = format.Size();

    // Of a transposed tensor a row is spread over all of the plane.
    private byte[]? gathered;

    /// <summary>Reads a slice of a checkpoint.</summary>
    public SliceReader(TensorSlice slice, Checkpoint checkpoint)
        : this(slice, checkpoint, checkpoint[slice.Tensor.Name])
    {
    }

    private SliceReader(TensorSlice slice, Checkpoint checkpoint, TensorInfo tensor)
        : this(slice, checkpoint.FormatOf(tensor), (first, bytes) =>
            checkpoint.ReadBytes(
                tensor,
                slice.Plane * slice.Tensor.PlaneLength * tensor.ElementType.Size() + first,
                bytes))
    {
    }

    /// <summary>Reads whole rows, in single precision.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="values">As many rows as are wanted, row-major.</param>
    public void Read(int first, Span<float> values)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(values.Length * size);
        Span<byte> bytes = buffer.AsSpan(0, values.Length * size);
        ReadBytes(first, bytes);
        NumberFormats.ToSingle(bytes, format, values);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Reads whole rows as they are stored.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="bytes">As many rows as are wanted, row-major.</param>
    public void ReadBytes(int first, Span<byte> bytes)
    {
        int rowSize = slice.Columns * size;
        if (slice.IsTransposed || slice.Tensor.IsVector)
        {
            gathered ??= Gather();
            gathered.AsSpan(first * rowSize, bytes.Length).CopyTo(bytes);
            return;
        }

        int rows = bytes.Length / rowSize;
        for (int row = 0, run; row < rows; row += run)
        {
            int output = slice.OutputAt(first + row);
            for (run = 1; row + run < rows && slice.OutputAt(first + row + run) == output + run;)
            {
                run++;
            }

            read((long)output * rowSize, bytes.Slice(row * rowSize, run * rowSize));
        }
    }

    private byte[] Gather()
    {
        var plane = new byte[slice.Tensor.PlaneLength * size];
        read(0, plane);
        if (slice.IsWholePlane)
        {
            return plane;
        }

        var bytes = new byte[(long)slice.Rows * slice.Columns * size];
        if (format == NumberFormat.Single)
        {
            slice.Gather<uint>(MemoryMarshal.Cast<byte, uint>(plane), MemoryMarshal.Cast<byte, uint>(bytes.AsSpan()));
        }
        else
        {
            slice.Gather<ushort>(
                MemoryMarshal.Cast<byte, ushort>(plane),
                MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan()));
        }

        return bytes;
    }
}

/// <summary>Reads consecutive bytes of a plane.</summary>
/// <param name="first">The first byte.</param>
/// <param name="bytes">As many bytes as are wanted.</param>
public delegate void PlaneReader(long first, Span<byte> bytes);
