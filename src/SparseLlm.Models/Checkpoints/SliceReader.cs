using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Reads a matrix or vector that is a part of a stored tensor, some rows at a time.</summary>
/// <param name="slice">The part.</param>
/// <param name="read">Reads consecutive elements of the slice's plane.</param>
public sealed class SliceReader(TensorSlice slice, PlaneReader read)
{
    // Of a transposed tensor a row is spread over all of the plane.
    private float[]? gathered;

    /// <summary>Reads a slice of a checkpoint.</summary>
    public SliceReader(TensorSlice slice, Checkpoint checkpoint)
        : this(slice, (first, values) => checkpoint.Read(checkpoint[slice.Tensor.Name], slice.Plane * slice.Tensor.PlaneLength + first, values))
    {
    }

    /// <summary>Reads whole rows, in single precision.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="values">As many rows as are wanted, row-major.</param>
    public void Read(int first, Span<float> values)
    {
        if (slice.IsTransposed || slice.Tensor.IsVector)
        {
            gathered ??= Gather();
            gathered.AsSpan(first * slice.Columns, values.Length).CopyTo(values);
            return;
        }

        int rows = values.Length / slice.Columns;
        for (int row = 0, run; row < rows; row += run)
        {
            int output = slice.OutputAt(first + row);
            for (run = 1; row + run < rows && slice.OutputAt(first + row + run) == output + run;)
            {
                run++;
            }

            read((long)output * slice.Columns, values.Slice(row * slice.Columns, run * slice.Columns));
        }
    }

    private float[] Gather()
    {
        var plane = new float[slice.Tensor.PlaneLength];
        read(0, plane);
        if (slice.IsWholePlane)
        {
            return plane;
        }

        var values = new float[(long)slice.Rows * slice.Columns];
        slice.Gather<float>(plane, values);
        return values;
    }
}

/// <summary>Reads consecutive elements of a plane, in single precision.</summary>
/// <param name="first">The first element.</param>
/// <param name="values">As many elements as are wanted.</param>
public delegate void PlaneReader(long first, Span<float> values);
