using System.Buffers;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// Finds out, while the rows of a matrix pass by, whether its weights are codes times scales: of the formats in which
/// all of them are, the one with the fewest bits and then the widest groups. What holds for wide groups holds for
/// narrow ones within them, so no row has to be looked at again.
/// </summary>
/// <param name="matrix">The matrix.</param>
internal sealed class CodeFinder(MatrixShape matrix)
{
    private readonly int[] groups = [.. CodeFormat.Groups.Where(group => group < matrix.Columns).Append(matrix.Columns)
        .Order()
        .Reverse()];

    // A short row of a few values is as good as never one of codes that somebody has chosen.
    private int bits = CodeFormat.HasGroups(matrix) ? 0 : CodeFormat.AllBits.Count;
    private int group;

    /// <summary>Whether rows that pass may still be codes.</summary>
    public bool IsOpen => Candidate is not null;

    /// <summary>The format; null if there is none, or nothing but zeros has passed.</summary>
    public CodeFormat? Found => Candidate is { } candidate && HasWeights ? candidate : null;

    private bool HasWeights { get; set; }

    private CodeFormat? Candidate
        => bits < CodeFormat.AllBits.Count ? new CodeFormat(CodeFormat.AllBits[bits], groups[group]) : null;

    /// <summary>Takes the next rows.</summary>
    public void Add(ReadOnlyMemory<byte> rows)
    {
        HasWeights |= rows.Span.ContainsAnyExcept((byte)0);
        int earlier = group;
        while (Candidate is { } candidate && !Holds(rows, candidate))
        {
            if (++group == groups.Length)
            {
                // Rows before these are known to hold in the groups that they were looked at in, with more bits too.
                bits++;
                group = earlier;
            }
        }
    }

    private bool Holds(ReadOnlyMemory<byte> rows, CodeFormat format)
    {
        // Most matrices are not quantised, which the first row tells.
        return HasScales(rows.Span[..matrix.RowBytes], format)
            && Parallel.For(1, rows.Length / matrix.RowBytes, (row, loop) =>
            {
                if (!HasScales(rows.Span.Slice(row * matrix.RowBytes, matrix.RowBytes), format))
                {
                    loop.Stop();
                }
            }).IsCompleted;
    }

    private bool HasScales(ReadOnlySpan<byte> row, CodeFormat format)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(matrix.Columns);
        try
        {
            Span<float> weights = buffer.AsSpan(0, matrix.Columns);
            NumberFormats.ToSingle(row, matrix.ElementType.Format(), weights);
            for (int start = 0; start < weights.Length; start += format.Group)
            {
                ReadOnlySpan<float> columns = weights.Slice(start, Math.Min(format.Group, weights.Length - start));
                if (KnownScale.Of(columns, matrix.ElementType.Format(), format.Least, format.Most) is null)
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }
}
