using System.Buffers;
using System.Text;
using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.AddedTokens;

/// <summary>
/// Finds added tokens in a text: leftmost first, and of those that begin at one place the longest. The tokens are
/// sorted, so that all that begin a text are found from the last one not behind it: each of them begins the next longer
/// one.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private const int None = -1;

    private readonly (string Content, AddedToken Token)[] tokens;
    private readonly int[] prefixes;
    private readonly SearchValues<char> firstUnits;

    /// <summary>Looks for tokens, each by the text given for it; without any text it is never found.</summary>
    public AddedTokenMatcher(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        this.tokens = [.. tokens.Where(token => token.Content.Length > 0).DistinctBy(token => token.Content)];
        Array.Sort(this.tokens, (left, right) => string.CompareOrdinal(left.Content, right.Content));
        firstUnits = SearchValues.Create([.. this.tokens.Select(token => token.Content[0]).Distinct()]);
        prefixes = new int[this.tokens.Length];
        for (int i = 0; i < this.tokens.Length; i++)
        {
            prefixes[i] = LongestPrefix(this.tokens[i].Content, i - 1);
        }
    }

    /// <summary>The tokens and what lies between them, in order.</summary>
    public IEnumerable<AddedTokenMatch> Split(string text)
    {
        int end = 0;
        int searched = 0;
        int blanksEnd = 0;
        while (Find(text, searched) is (int index, string content, AddedToken token))
        {
            int start = index;
            int stop = searched = index + content.Length;
            if (token.SingleWord && (EndsInWord(text.AsSpan(0, start)) || BeginsWithWord(text.AsSpan(stop))))
            {
                continue;
            }

            if (token.StripLeft)
            {
                start = end + text.AsSpan(end, Math.Max(start - end, 0)).TrimEnd().Length;
            }

            if (token.StripRight)
            {
                // A run of white space that was taken before, and in which tokens are found still, is not gone through
                // again.
                stop = blanksEnd = stop < blanksEnd ? blanksEnd : text.Length - text.AsSpan(stop).TrimStart().Length;
            }

            if (end < start)
            {
                yield return new AddedTokenMatch(end, start - end, null);
            }

            yield return new AddedTokenMatch(start, stop - start, token);
            end = stop;
        }

        if (end < text.Length)
        {
            yield return new AddedTokenMatch(end, text.Length - end, null);
        }
    }

    private (int Index, string Content, AddedToken Token)? Find(string text, int from)
    {
        for (int index = from; text.AsSpan(index).IndexOfAny(firstUnits) is >= 0 and int offset; index++)
        {
            index += offset;
            int found = LongestPrefix(text.AsSpan(index), LastNotBehind(text.AsSpan(index)));
            if (found != None)
            {
                return (index, this.tokens[found].Content, this.tokens[found].Token);
            }
        }

        return null;
    }

    /// <summary>The last token that is not behind a text in ordinal order.</summary>
    private int LastNotBehind(ReadOnlySpan<char> text)
    {
        (int low, int high) = (0, this.tokens.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            bool isBehind = this.tokens[middle].Content.AsSpan().SequenceCompareTo(text) > 0;
            (low, high) = isBehind ? (low, middle) : (middle + 1, high);
        }

        return low - 1;
    }

    /// <summary>The longest token that a text begins with, given the last one not behind the text.</summary>
    private int LongestPrefix(ReadOnlySpan<char> text, int last)
    {
        int common = last == None ? 0 : text.CommonPrefixLength(this.tokens[last].Content);
        while (last != None && this.tokens[last].Content.Length > common)
        {
            last = prefixes[last];
        }

        return last;
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune last, out _) == OperationStatus.Done && WordCharacters.IsWord(last);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune first, out _) == OperationStatus.Done && WordCharacters.IsWord(first);
}
