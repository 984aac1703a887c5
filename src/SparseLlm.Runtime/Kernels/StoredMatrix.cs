using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// A matrix as an artifact stores it, which is multiplied without being unpacked. The memory is not its own: it has to
/// stay where it is, and as it is, while the matrix is used.
/// </summary>
internal sealed unsafe class StoredMatrix : WeightMatrix
{
    /// <summary>Bytes behind the values that may be read.</summary>
    internal const int BehindValues = 64;

    /// <summary>Bytes behind the masks that may be read.</summary>
    internal const int BehindMask = 16;

    private readonly StoredRows stored;
    private readonly int elementBytes;
    private readonly RowKernels kernels;

    private StoredMatrix(in StoredRows stored, ElementType type, InstructionSet instructions)
        : this(stored, type.Size(), RowKernels.For(stored, type, instructions))
    {
    }

    private StoredMatrix(in StoredRows stored, int elementBytes, RowKernels kernels)
    {
        this.stored = stored;
        this.elementBytes = elementBytes;
        this.kernels = kernels;
    }

    /// <inheritdoc/>
    public override long Rows => stored.Rows;

    /// <inheritdoc/>
    public override int Columns => stored.Columns;

    /// <summary>A matrix with all of its weights.</summary>
    /// <param name="shape">Its shape, and the type of its weights.</param>
    /// <param name="values">The weights, row by row.</param>
    /// <param name="instructions">What products run on.</param>
    public static StoredMatrix Dense(MatrixShape shape, StoredBytes values, InstructionSet instructions) => new(
        new StoredRows
        {
            Rows = shape.Rows,
            Columns = shape.Columns,
            RowValues = shape.Columns,
            Values = values.Checked(shape.Rows * shape.RowBytes, 0, nameof(values)),
        },
        shape.ElementType,
        instructions);

    /// <summary>A matrix in the layout <c>bitmask</c>.</summary>
    /// <param name="shape">Its shape, and the type of its weights.</param>
    /// <param name="values">What is not zero, and 64 bytes behind it.</param>
    /// <param name="mask">The masks of the rows, and 16 bytes behind them.</param>
    /// <param name="offsets">Where the values of each row begin.</param>
    /// <param name="instructions">What products run on.</param>
    /// <exception cref="ArgumentException">Offsets do not ascend from 0, or go beyond the values.</exception>
    public static StoredMatrix Bitmask(
        MatrixShape shape,
        StoredBytes values,
        StoredBytes mask,
        StoredBytes offsets,
        InstructionSet instructions)
    {
        long count = values.Length / shape.ElementBytes;
        var stored = new StoredRows
        {
            Rows = shape.Rows,
            Columns = shape.Columns,
            Count = count,
            Values = values.Checked(count * shape.ElementBytes, BehindValues, nameof(values)),
            Mask = mask.Checked(shape.Rows * shape.MaskBytes, BehindMask, nameof(mask)),
            Offsets = (long*)offsets.Checked(shape.Rows * sizeof(long), 0, nameof(offsets)),
        };
        for (long row = 0; row < shape.Rows; row++)
        {
            if (row == 0
                ? stored.Start(0) != 0
                : stored.Start(row) < stored.Start(row - 1) || stored.Start(row) > count)
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Row {row} begins at value {stored.Start(row)}."),
                    nameof(offsets));
            }
        }

        return new StoredMatrix(stored, shape.ElementType, instructions);
    }

    /// <summary>A matrix in a layout N:M.</summary>
    /// <param name="shape">Its shape, and the type of its weights.</param>
    /// <param name="pattern">N and M, M being a divisor of the columns.</param>
    /// <param name="values">N of each M weights, and 64 bytes behind them.</param>
    /// <param name="mask">The masks of the rows, and 16 bytes behind them.</param>
    /// <param name="instructions">What products run on.</param>
    public static StoredMatrix Groups(
        MatrixShape shape,
        GroupPattern pattern,
        StoredBytes values,
        StoredBytes mask,
        InstructionSet instructions)
    {
        long rowValues = shape.Columns / pattern.Size * pattern.Kept;
        return new StoredMatrix(
            new StoredRows
            {
                Rows = shape.Rows,
                Columns = shape.Columns,
                RowValues = rowValues,
                GroupSize = pattern.Size,
                GroupKept = pattern.Kept,
                Values = values.Checked(shape.Rows * rowValues * shape.ElementBytes, BehindValues, nameof(values)),
                Mask = mask.Checked(shape.Rows * shape.MaskBytes, BehindMask, nameof(mask)),
            },
            shape.ElementType,
            instructions);
    }

    /// <summary>Some of its rows, in the same memory: what a model stores as one matrix may be several, one below the
    /// other.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many, at least one.</param>
    public StoredMatrix Slice(long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows - first);
        return new StoredMatrix(stored.Slice(first, count, elementBytes), elementBytes, kernels);
    }

    /// <summary>
    /// The first of some rows whose mask does not keep as many weights as there are values for it, or keeps one behind
    /// the last column; null if there is none. Products trust the masks: those of a file that may be anything are
    /// checked before.
    /// </summary>
    public long? FirstWrongRow(long first, long end)
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
