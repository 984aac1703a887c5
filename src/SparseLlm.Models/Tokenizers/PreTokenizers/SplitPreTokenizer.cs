using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Cuts at the matches of a pattern.</summary>
/// <param name="pattern">What to look for.</param>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="isInverted">Whether what lies between the matches counts as the matches.</param>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool isInverted) : IPreTokenizer
{
    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece)
    {
        List<Segment> segments = pattern.Segments(piece.Text.Span);
        if (isInverted)
        {
            segments = segments.ConvertAll(segment => segment with { IsMatch = !segment.IsMatch });
        }

        return Words(segments).Select(segment => piece.Slice(segment.Start, segment.Length));
    }

    private IEnumerable<Segment> Words(List<Segment> segments) => behavior switch
    {
        SplitBehavior.Removed => segments.Where(segment => !segment.IsMatch),
        SplitBehavior.MergedWithPrevious => Merge(segments, (previous, next) => next.IsMatch && !previous.IsMatch),
        SplitBehavior.MergedWithNext => MergeWithNext(segments),
        SplitBehavior.Contiguous => Merge(segments, (previous, next) => next.IsMatch == previous.IsMatch),
        _ => segments,
    };

    /// <summary>Joins a segment to the word before it where <paramref name="joins"/> says so of the two.</summary>
    private static List<Segment> Merge(List<Segment> segments, Func<Segment, Segment, bool> joins)
    {
        var words = new List<Segment>(segments.Count);
        for (int i = 0; i < segments.Count; i++)
        {
            if (i > 0 && joins(segments[i - 1], segments[i]))
            {
                words[^1] = words[^1].Through(segments[i]);
            }
            else
            {
                words.Add(segments[i]);
            }
        }

        return words;
    }

    /// <summary>Joins a match to the segment after it, unless that is a match too.</summary>
    private static List<Segment> MergeWithNext(List<Segment> segments)
    {
        var words = new List<Segment>(segments.Count);
        for (int i = 0; i < segments.Count; i++)
        {
            bool joins = i + 1 < segments.Count && segments[i].IsMatch && !segments[i + 1].IsMatch;
            words.Add(joins ? segments[i].Through(segments[++i]) : segments[i]);
        }

        return words;
    }
}
