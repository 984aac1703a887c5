using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Kernels;

/// <summary>Weights that vectors are multiplied by. Any of its rows can be multiplied by itself, in any order and on
/// any thread, always with the same bits.</summary>
internal abstract class WeightMatrix
{
    /// <summary>Large enough for streams from memory, small enough that no thread waits long for another one's last
    /// share.</summary>
    private const long ShareBytes = 1 << 19;

    private long[]? shareStarts;

    /// <summary>Rows, which are the numbers in a result.</summary>
    public abstract long Rows { get; }

    /// <summary>Columns, which are the numbers in a vector that it is multiplied by.</summary>
    public abstract int Columns { get; }

    /// <summary>Whether some of it are codes, which are multiplied by vectors that are rounded.</summary>
    internal virtual bool HasCodes => false;

    /// <summary>Bytes that a product reads.</summary>
    public long Bytes => BytesBefore(Rows);

    /// <summary>The rows at which shares begin that threads take, and behind them where the last one ends. Shares have
    /// about equally many bytes, and so take equally long.</summary>
    internal long[] ShareStarts => shareStarts ??= SplitRows();

    /// <summary>Bytes that a product reads for the rows before one, which may be the one behind the last.</summary>
    internal abstract long BytesBefore(long row);

    /// <summary>results[v][row] = this[row] * vectors[v], for some of its rows.</summary>
    internal abstract void Multiply(long first, long end, Vectors vectors, Vectors results);

    /// <summary>Writes a part of the matrix as floats, and perhaps zeros behind it.</summary>
    /// <param name="first">Its first row.</param>
    /// <param name="column">Its first column, a multiple of <see cref="PaddedVectors.Multiple"/>.</param>
    /// <param name="tile">Where it goes. It ends with the matrix or at a multiple of
    /// <see cref="PaddedVectors.Multiple"/>; up to that, there is memory behind its rows.</param>
    internal abstract void Expand(long first, int column, View<float> tile);

    private long[] SplitRows()
    {
        long[] starts = new long[checked((int)Math.Max(1, Bytes / ShareBytes)) + 1];
        for (int share = 1; share < starts.Length; share++)
        {
            starts[share] = FirstRow((long)((Int128)Bytes * share / (starts.Length - 1)));
        }

        return starts;
    }

    /// <summary>The first row that has at least so many bytes before it; the one behind the last, if there is
    /// none.</summary>
    private long FirstRow(long before)
    {
        (long low, long high) = (0, Rows);
        while (low < high)
        {
            long middle = low + (high - low) / 2;
            (low, high) = BytesBefore(middle) < before ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
