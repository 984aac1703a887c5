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
            throw new ArgumentException(FormattableString.Invariant($"{name} is {matrix}; it must be [{rows} x {columns}]."), name);
        }
    }

    /// <summary>Host memory must have a certain length.</summary>
    public static void RequireLength(int length, long expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException(FormattableString.Invariant($"{name} holds {length} elements; it must hold {expected}."), name);
        }
    }

    /// <summary>How many are kept or pruned must be 0 .. <paramref name="most"/>.</summary>
    public static void RequireCount(long count, long most, [CallerArgumentExpression(nameof(count))] string? name = null)
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
                throw new ArgumentException(FormattableString.Invariant($"Token id {id} is not in 0 .. {count - 1}."), name);
            }
        }
    }

    /// <summary>The width of a head, where the numbers of an attention fit each other.</summary>
    public static int AttentionWidth(Matrix<float> q, int heads, int keyValueHeads, int sequenceLength, int window)
    {
        int width = HeadWidth(q, heads);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        RequireSequences(q, sequenceLength, nameof(sequenceLength));
        return keyValueHeads >= 1 && heads % keyValueHeads == 0
            ? width
            : throw new ArgumentException(FormattableString.Invariant(
                $"{keyValueHeads} key-value heads do not divide {heads} query heads."), nameof(keyValueHeads));
    }

    /// <summary>The width of a head, where it consists of pairs of channels.</summary>
    public static int RotaryWidth(Matrix<float> x, int heads, Matrix<float> cosines)
    {
        int width = HeadWidth(x, heads);
        RequireSequences(x, cosines.Rows, nameof(cosines));
        return width % 2 == 0
            ? width
            : throw new ArgumentException(FormattableString.Invariant(
                $"A head is {width} wide; rotary pairs need an even width."), nameof(heads));
    }

    private static int HeadWidth(Matrix<float> x, int heads) => heads >= 1 && x.Columns % heads == 0
        ? x.Columns / heads
        : throw new ArgumentException(FormattableString.Invariant($"{heads} heads do not divide the {x.Columns} columns."), nameof(heads));
}
