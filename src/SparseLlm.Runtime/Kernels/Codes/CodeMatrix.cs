using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>A stored matrix of codes.</summary>
internal sealed unsafe class CodeMatrix(in CodeRows rows, CodeKernels kernels) : StoredMatrix
{
    private readonly CodeRows rows = rows;

    /// <inheritdoc/>
    public override long Rows => rows.Rows;

    /// <inheritdoc/>
    public override int Columns => rows.Columns;

    /// <inheritdoc/>
    public override CodeMatrix Slice(long first, long count)
    {
        RequireRows(first, count);
        return new CodeMatrix(rows.Slice(first, count), kernels);
    }

    /// <inheritdoc/>
    public override long? FirstWrongRow(long first, long end)
    {
        if (rows.Mask is null)
        {
            return null;
        }

        var format = new CodeFormat(rows.Bits, rows.Group);
        for (long row = first; row < end; row++)
        {
            ReadOnlySpan<byte> mask = new(rows.Mask + row * rows.MaskBytes, rows.MaskBytes);
            long count = RowMask.Count(mask);
            long bytes = rows.Start(row + 1) - rows.Start(row);
            if (rows.CodeBytes(count) != bytes
                || !format.Ends(new ReadOnlySpan<byte>(rows.Codes + rows.Start(row), (int)bytes), count)
                || RowMask.HasBitsBehind(mask, rows.Columns))
            {
                return row;
            }
        }

        return null;
    }

    internal override bool HasCodes => true;

    internal override long BytesBefore(long row) => rows.Start(row) - rows.Start(0)
        + row * ((rows.Mask is null ? 0 : rows.MaskBytes) + rows.Groups * sizeof(ushort));

    internal override void Multiply(long first, long end, Vectors vectors, Vectors results)
        => kernels.Multiply(rows, first, end, vectors, results);

    internal override void Expand(long first, int column, View<float> tile)
        => kernels.Expand(rows, first, column, tile);
}
