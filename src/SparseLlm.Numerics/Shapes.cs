using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics;

/// <summary>What every backend refuses before it computes: shapes and counts that do not fit each other.</summary>
internal static class Shapes
{
    /// <summary>A matrix must have a certain shape.</summary>
    public static void Require<T>(
        Matrix<T> matrix, int rows, int columns, [CallerArgumentExpression(nameof(matrix))] string? name = null)
        where T : unmanaged
    {
        if (matrix.Rows != rows || matrix.Columns != columns)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"{name} is {matrix}; it must be [{rows} x {columns}]."),
                name);
        }
    }

    /// <summary>Host memory must have a certain length.</summary>
    public static void RequireLength(int length, long expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"{name} holds {length} elements; it must hold {expected}."),
                name);
        }
    }

    /// <summary>How many are kept or pruned must be 0 .. <paramref name="most"/>.</summary>
    public static void RequireCount(
        long count,
        long most,
        [CallerArgumentExpression(nameof(count))] string? name = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, most, name);
    }

    /// <summary>Two matrices must not share memory.</summary>
    public static void RequireApart(bool overlap, string name)
    {
        if (overlap)
        {
            throw new ArgumentException($"{name} must not overlap what it is computed from.", name);
        }
    }

    /// <summary>The inner dimensions of a product must be equal.</summary>
    public static void RequireProduct(long rowsA, long columnsA, long rowsB, long columnsB, string name)
    {
        if (columnsA != rowsB)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"a gives [{rowsA} x {columnsA}] and b [{rowsB} x {columnsB}]; the inner dimensions differ."), name);
        }
    }

    /// <summary>The columns must be whole groups.</summary>
    public static void RequireGroups(Matrix<float> matrix, int group)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(group, 1);
        if (matrix.Columns % group != 0)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"A matrix {matrix} cannot be divided into groups of {group} columns."), nameof(group));
        }
    }

    /// <summary>The tokens must be whole sequences.</summary>
    public static void RequireSequences(Matrix<float> x, int sequenceLength, string name)
    {
        if (sequenceLength < 1 || x.Rows % sequenceLength != 0)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{x.Rows} tokens are not a number of whole sequences of {sequenceLength}."), name);
        }
    }

    /// <summary>Token ids must be in 0 .. <paramref name="count"/> - 1.</summary>
    public static void RequireTokens(ReadOnlySpan<int> ids, int count, string name)
    {
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)count)
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Token id {id} is not in 0 .. {count - 1}."),
                    name);
            }
        }
    }

    /// <summary>Rows must be different rows of the matrix.</summary>
    public static void RequireDistinctRows(Matrix<float> matrix, ReadOnlySpan<int> rows, string name)
    {
        var seen = new bool[matrix.Rows];
        foreach (int row in rows)
        {
            if ((uint)row >= (uint)matrix.Rows || seen[row])
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"{name} holds {row}, which is not a row of {matrix} or is there twice."), name);
            }

            seen[row] = true;
        }
    }

    /// <summary>
    /// How many rows of gains (and what goes with them: biases, or their gradients) a norm has, which the rows of x
    /// take in turn; 1 where it has none.
    /// </summary>
    public static int GainRows<T>(
        Matrix<float> x, Matrix<float>? gain, Matrix<T>? other, [CallerArgumentExpression(
            nameof(other))] string? name = null)
        where T : unmanaged
    {
        int rows = gain?.Rows ?? other?.Rows ?? 1;
        if (rows < 1 || x.Rows % rows != 0)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"{x} has no whole number of groups of {rows} rows."),
                nameof(gain));
        }

        if (gain is not null)
        {
            Require(gain, rows, x.Columns);
        }

        if (other is not null)
        {
            Require(other, rows, x.Columns, name);
        }

        return rows;
    }

    /// <summary>A limit of values must be a positive number.</summary>
    public static void RequireCap(float cap, [CallerArgumentExpression(nameof(cap))] string? name = null)
    {
        if (!(cap > 0 && float.IsFinite(cap)))
        {
            throw new ArgumentOutOfRangeException(name, cap, "A cap must be a positive number.");
        }
    }

    /// <summary>The width of a head, where the numbers of an attention fit each other.</summary>
    public static int AttentionWidth(Matrix<float> q, AttentionShape shape)
    {
        int width = HeadWidth(q, shape.Heads);
        ArgumentOutOfRangeException.ThrowIfLessThan(shape.Window, 1);
        RequireSequences(q, shape.SequenceLength, nameof(shape));
        if (shape.Cap is { } cap)
        {
            RequireCap(cap);
        }

        return shape.KeyValueHeads >= 1 && shape.Heads % shape.KeyValueHeads == 0
            ? width
            : throw new ArgumentException(FormattableString.Invariant(
                $"{shape.KeyValueHeads} key-value heads do not divide {shape.Heads} query heads."), nameof(shape));
    }

    /// <summary>The pairs of channels that turn must fit into a head.</summary>
    public static void RequireRotary(Matrix<float> x, int heads, Matrix<float> cosines)
    {
        int width = HeadWidth(x, heads);
        RequireSequences(x, cosines.Rows, nameof(cosines));
        if (2L * cosines.Columns > width)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"A head is {width} wide, which is less than {cosines.Columns} pairs of channels."), nameof(cosines));
        }
    }

    private static int HeadWidth(Matrix<float> x, int heads) => heads >= 1 && x.Columns % heads == 0
        ? x.Columns / heads
        : throw new ArgumentException(
            FormattableString.Invariant($"{heads} heads do not divide the {x.Columns} columns."),
            nameof(heads));
}
