using System.Buffers;
using System.Text;
using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.AddedTokens;

/// <summary>Finds added tokens in a text: leftmost first, and of those that begin at one place the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<string> _contents;
    private readonly ILookup<char, (string Content, AddedToken Token)> _byFirstCharacter;

    /// <summary>Looks for tokens, each by the text given for it; without any text it is never found.</summary>
    public AddedTokenMatcher(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        (string Content, AddedToken Token)[] searched =
            [.. tokens.Where(token => token.Content.Length > 0).OrderByDescending(token => token.Content.Length)];
        _contents = SearchValues.Create([.. searched.Select(token => token.Content)], StringComparison.Ordinal);
        _byFirstCharacter = searched.ToLookup(token => token.Content[0]);
    }

    /// <summary>The tokens and what lies between them, in order.</summary>
    public IEnumerable<AddedTokenMatch> Split(string text)
    {
        int end = 0;
        int searched = 0;
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
                start = Math.Max(text.AsSpan(0, start).TrimEnd().Length, end);
            }

            if (token.StripRight)
            {
                stop = text.Length - text.AsSpan(stop).TrimStart().Length;
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
        int offset = text.AsSpan(from).IndexOfAny(_contents);
        if (offset < 0)
        {
            return null;
        }

        int index = from + offset;
        (string content, AddedToken token) = _byFirstCharacter[text[index]]
            .First(candidate => text.AsSpan(index).StartsWith(candidate.Content, StringComparison.Ordinal));
        return (index, content, token);
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune last, out _) == OperationStatus.Done && WordCharacters.IsWord(last);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune first, out _) == OperationStatus.Done && WordCharacters.IsWord(first);
}
