using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Runtime.Kernels.Codes;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// A matrix as an artifact stores it, which is multiplied without being unpacked. The memory is not its own: it has to
/// stay where it is, and as it is, while the matrix is used.
/// </summary>
internal abstract unsafe class StoredMatrix : WeightMatrix
{
    /// <summary>Bytes behind the values that may be read.</summary>
    internal const int BehindValues = 64;

    /// <summary>Bytes behind the masks that may be read.</summary>
    internal const int BehindMask = 16;

    /// <summary>Bytes behind the scales that may be read.</summary>
    internal const int BehindScales = 16;

    /// <summary>A matrix with all of its weights.</summary>
    /// <param name="shape">Its shape, and the type of its weights.</param>
    /// <param name="values">The weights, row by row.</param>
    /// <param name="instructions">What products run on.</param>
    public static StoredMatrix Dense(MatrixShape shape, StoredBytes values, InstructionSet instructions)
        => new ValueMatrix(
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

        return new ValueMatrix(stored, shape.ElementType, instructions);
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
        return new ValueMatrix(
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

    /// <summary>A matrix of codes.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="format">The bits of codes, and the groups that share a scale.</param>
    /// <param name="codes">The codes, and 64 bytes behind them.</param>
    /// <param name="scales">Scales in half precision, and 16 bytes behind them.</param>
    /// <param name="mask">The masks of the rows, and 16 bytes behind them; null where every weight has a code.</param>
    /// <param name="starts">With a mask, where the codes of each row begin, in bytes; numbers of 32 or 64 bits.</param>
    /// <param name="instructions">What products run on.</param>
    /// <exception cref="ArgumentException">Starts do not ascend from 0, or go beyond the codes.</exception>
    public static StoredMatrix Codes(
        MatrixShape shape,
        CodeFormat format,
        StoredBytes codes,
        StoredBytes scales,
        StoredBytes? mask,
        StoredBytes? starts,
        InstructionSet instructions)
    {
        bool isShort = starts?.Length == shape.Rows * sizeof(int);
        byte* start = starts is { } given
            ? given.Checked(shape.Rows * (isShort ? sizeof(int) : sizeof(long)), 0, nameof(starts))
            : null;
        var rows = new CodeRows(shape.Columns, format.Group)
        {
            Rows = shape.Rows,
            Bits = format.Bits,
            Mask = mask is { } masks
                ? masks.Checked(shape.Rows * shape.MaskBytes, BehindMask, nameof(mask))
                : null,
            Starts = isShort ? (int*)start : null,
            LongStarts = isShort ? null : (long*)start,
            End = codes.Length,
        };
        long length = mask is null ? shape.Rows * rows.CodeBytes(shape.Columns) : codes.Length;
        rows = rows with
        {
            Codes = codes.Checked(length, BehindValues, nameof(codes)),
            Scales = (ushort*)scales.Checked(shape.Rows * rows.Groups * sizeof(ushort), BehindScales, nameof(scales)),
        };
        for (long row = 0; mask is not null && row < shape.Rows; row++)
        {
            if (row == 0 ? rows.Start(0) != 0 : rows.Start(row) < rows.Start(row - 1) || rows.Start(row) > codes.Length)
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Row {row} begins at byte {rows.Start(row)}."),
                    nameof(starts));
            }
        }

        return new CodeMatrix(rows, CodeKernels.For(instructions, format.Group));
    }

    /// <summary>Some of its rows, in the same memory: what a model stores as one matrix may be several, one below the
    /// other.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many, at least one.</param>
    public abstract StoredMatrix Slice(long first, long count);

    /// <summary>
    /// The first of some rows whose mask does not keep as many weights as there are values for it, or keeps one behind
    /// the last column; null if there is none. Products trust the masks: those of a file that may be anything are
    /// checked before.
    /// </summary>
    public abstract long? FirstWrongRow(long first, long end);

    /// <summary>Throws if it has no such rows.</summary>
    protected void RequireRows(long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows - first);
    }
}
