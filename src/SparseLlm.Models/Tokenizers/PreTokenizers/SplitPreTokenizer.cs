using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Cuts at the matches of a pattern.</summary>
/// <param name="pattern">What to look for.</param>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="isInverted">Whether what lies between the matches counts as the matches.</param>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool isInverted) : IPreTokenizer
{
    /// <inheritdoc/>
    public string Description => (behavior, isInverted) switch
    {
        // Whether it is the matches or what lies between them makes no difference where both are words.
        (SplitBehavior.Isolated, _) => $"cut {pattern}",
        (SplitBehavior.Removed, true) => $"keep {pattern}",
        (_, false) => $"{behavior} {pattern}",
        (_, true) => $"{behavior} between {pattern}",
    };

    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece, Allowance allowance)
    {
        IEnumerable<Segment> segments = pattern.Segments(piece.Text, allowance);
        if (isInverted)
        {
            segments = segments.Select(segment => segment with { IsMatch = !segment.IsMatch });
        }

        return Words(segments).Select(segment => piece.Slice(segment.Start, segment.Length));
    }

    private IEnumerable<Segment> Words(IEnumerable<Segment> segments) => behavior switch
    {
        SplitBehavior.Removed => segments.Where(segment => !segment.IsMatch),
        SplitBehavior.MergedWithPrevious => Merge(segments, (previous, next) => next.IsMatch && !previous.IsMatch),
        SplitBehavior.MergedWithNext => Merge(segments, (previous, next) => previous.IsMatch && !next.IsMatch),
        SplitBehavior.Contiguous => Merge(segments, (previous, next) => next.IsMatch == previous.IsMatch),
        _ => segments,
    };

    /// <summary>Joins a segment to the word before it where <paramref name="joins"/> says so of it and the segment
    /// before it.</summary>
    private static IEnumerable<Segment> Merge(IEnumerable<Segment> segments, Func<Segment, Segment, bool> joins)
    {
        Segment? word = null;
        Segment previous = default;
        foreach (Segment segment in segments)
        {
            if (word is Segment begun && joins(previous, segment))
            {
                word = begun.Through(segment);
            }
            else
            {
                if (word is Segment finished)
                {
                    yield return finished;
                }

                word = segment;
            }

            previous = segment;
        }

        if (word is Segment last)
        {
            yield return last;
        }
    }
}
