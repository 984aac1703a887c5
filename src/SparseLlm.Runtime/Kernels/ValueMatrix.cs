using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Kernels;

/// <summary>A stored matrix whose values are floats of some type.</summary>
internal sealed unsafe class ValueMatrix : StoredMatrix
{
    private readonly StoredRows stored;
    private readonly int elementBytes;
    private readonly RowKernels kernels;

    public ValueMatrix(in StoredRows stored, ElementType type, InstructionSet instructions)
        : this(stored, type.Size(), RowKernels.For(stored, type, instructions))
    {
    }

    private ValueMatrix(in StoredRows stored, int elementBytes, RowKernels kernels)
    {
        this.stored = stored;
        this.elementBytes = elementBytes;
        this.kernels = kernels;
    }

    /// <inheritdoc/>
    public override long Rows => stored.Rows;

    /// <inheritdoc/>
    public override int Columns => stored.Columns;

    /// <inheritdoc/>
    public override ValueMatrix Slice(long first, long count)
    {
        RequireRows(first, count);
        return new ValueMatrix(stored.Slice(first, count, elementBytes), elementBytes, kernels);
    }

    /// <inheritdoc/>
    public override long? FirstWrongRow(long first, long end)
    {
        if (stored.Mask is null)
        {
            return null;
        }

        Func<ReadOnlySpan<byte>, bool> hasFullGroups = FullGroups();
        for (long row = first; row < end; row++)
        {
            ReadOnlySpan<byte> mask = new(stored.Mask + row * stored.MaskBytes, stored.MaskBytes);
            if (RowMask.Count(mask) != stored.Start(row + 1) - stored.Start(row)
                || RowMask.HasBitsBehind(mask, stored.Columns)
                || !hasFullGroups(mask))
            {
                return row;
            }
        }

        return null;
    }

    internal override long BytesBefore(long row)
        => row * (stored.Mask is null ? 0 : stored.MaskBytes) + (stored.Start(row) - stored.Start(0)) * elementBytes;

    internal override void Multiply(long first, long end, Vectors vectors, Vectors results)
        => kernels.Multiply(stored, first, end, vectors, results);

    internal override void Expand(long first, int column, View<float> tile)
        => kernels.Expand(stored, first, column, tile);

    /// <summary>Whether a row's mask keeps as many weights of each group as it should. Sizes that files have are
    /// counted by words.</summary>
    private Func<ReadOnlySpan<byte>, bool> FullGroups()
    {
        (int size, int kept, int columns) = (stored.GroupSize, stored.GroupKept, stored.Columns);
        if (size == 0)
        {
            return _ => true;
        }

        if (GroupPattern.Sizes.Contains(size))
        {
            var encoding = new GroupEncoding(new GroupPattern(kept, size));
            var shape = new MatrixShape(default, stored.Rows, columns);
            return mask => encoding.Problem(shape, mask) is null;
        }

        return mask =>
        {
            int count = 0;
            for (int column = 0; column < columns; column++)
            {
                count += mask[column / 8] >> (column % 8) & 1;
                if (column % size == size - 1)
                {
                    if (count != kept)
                    {
                        return false;
                    }

                    count = 0;
                }
            }

            return true;
        };
    }
}
