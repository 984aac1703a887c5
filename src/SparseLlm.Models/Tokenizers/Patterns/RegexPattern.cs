using System.Text.RegularExpressions;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>
/// Matches a regular expression. .NET matches UTF-16 units where the original matches code points, so that in a text
/// with surrogate pairs every pair is matched as one stand-in character of the same category (<see cref="StandIns"/>).
/// </summary>
/// <param name="regex">The translated expression.</param>
internal sealed class RegexPattern(Regex regex) : TextPattern
{
    /// <inheritdoc/>
    protected override void FindMatches(ReadOnlySpan<char> text, List<Segment> segments)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            AddMatches(text, offsets: null, segments);
            return;
        }

        char[] characters = StandIns.Replace(text, out int[] offsets);
        AddMatches(characters, offsets, segments);
    }

    private void AddMatches(ReadOnlySpan<char> text, int[]? offsets, List<Segment> segments)
    {
        foreach (ValueMatch match in regex.EnumerateMatches(text))
        {
            int start = offsets?[match.Index] ?? match.Index;
            int end = offsets?[match.Index + match.Length] ?? match.Index + match.Length;
            // Oniguruma's iterator does not report an empty match right after a match.
            if (start == end && segments.Count > 0 && segments[^1].End == start)
            {
                continue;
            }

            AddMatch(segments, start, end - start);
        }
    }
}
