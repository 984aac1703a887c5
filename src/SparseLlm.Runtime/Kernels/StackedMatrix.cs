using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Kernels;

/// <summary>Matrices with equally many columns, one below the other: what multiplies the same vectors, as queries, keys
/// and values do, is one product.</summary>
internal sealed class StackedMatrix : WeightMatrix
{
    private readonly WeightMatrix[] parts;

    /// <summary>A matrix of others, which are not copied.</summary>
    /// <param name="parts">At least one, from the top.</param>
    public StackedMatrix(params ReadOnlySpan<WeightMatrix> parts)
    {
        this.parts = parts.ToArray();
        if (this.parts.Length == 0 || this.parts.Any(part => part.Columns != this.parts[0].Columns))
        {
            throw new ArgumentException("One matrix or several of equally many columns.", nameof(parts));
        }

        Rows = this.parts.Sum(part => part.Rows);
    }

    /// <inheritdoc/>
    public override long Rows { get; }

    /// <inheritdoc/>
    public override int Columns => parts[0].Columns;

    internal override bool HasCodes => parts.Any(part => part.HasCodes);

    internal override long BytesBefore(long row)
    {
        long bytes = 0;
        foreach (WeightMatrix part in parts)
        {
            bytes += part.BytesBefore(Math.Min(row, part.Rows));
            row -= Math.Min(row, part.Rows);
        }

        return bytes;
    }

    internal override void Multiply(long first, long end, Vectors vectors, Vectors results)
    {
        foreach (WeightMatrix part in parts)
        {
            if (first < part.Rows && end > 0)
            {
                part.Multiply(Math.Max(first, 0), Math.Min(end, part.Rows), vectors, results);
            }

            first -= part.Rows;
            end -= part.Rows;
            results = results.Behind(part.Rows);
        }
    }

    internal override void Expand(long first, int column, View<float> tile)
    {
        foreach (WeightMatrix part in parts)
        {
            if (first < part.Rows && tile.Rows > 0)
            {
                int rows = (int)Math.Min(tile.Rows, part.Rows - first);
                part.Expand(first, column, tile.Block(0, 0, rows, tile.Columns));
                tile = tile.Block(rows, 0, tile.Rows - rows, tile.Columns);
                first += rows;
            }

            first -= part.Rows;
        }
    }
}
