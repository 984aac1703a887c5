using System.Text.RegularExpressions;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Matches a regular expression on the kinds of the text's characters.</summary>
/// <param name="expression">The expression as the tokenizer writes it.</param>
/// <param name="regex">The translated expression.</param>
/// <param name="alphabet">The kinds that it tells apart.</param>
/// <param name="place">Where it was read.</param>
internal sealed class RegexPattern(
    string expression,
    Regex regex,
    Alphabet alphabet,
    TokenizerPlace place) : TextPattern(place)
{
    /// <inheritdoc/>
    public override string ToString() => $"/{expression}/";

    /// <inheritdoc/>
    protected override IEnumerable<(int Start, int Length)> Matches(ReadOnlyMemory<char> text, Allowance allowance)
    {
        char[] kinds = GC.AllocateUninitializedArray<char>(text.Length);
        int count = alphabet.Write(text.Span, kinds);
        int from = 0;
        int previousEnd = -1;
        (int Character, int Unit) place = (0, 0);
        while (from <= count && Find(kinds.AsSpan(0, count), from, allowance) is (int index, int length))
        {
            from = length == 0 ? index + 1 : index + length;
            // Oniguruma's iterator does not report an empty match right after a match.
            if (length == 0 && index == previousEnd)
            {
                continue;
            }

            previousEnd = index + length;
            bool hasPairs = count < text.Length;
            int start = hasPairs ? Move(text.Span, ref place, index) : index;
            int end = hasPairs ? Move(text.Span, ref place, previousEnd) : previousEnd;
            yield return (start, end - start);
        }
    }

    private (int Index, int Length)? Find(ReadOnlySpan<char> kinds, int from, Allowance allowance)
    {
        long started = Environment.TickCount64;
        (int, int)? found = null;
        try
        {
            foreach (ValueMatch match in regex.EnumerateMatches(kinds, from))
            {
                found = (match.Index, match.Length);
                break;
            }
        }
        catch (RegexMatchTimeoutException timeout)
        {
            throw Endless(timeout);
        }

        return allowance.TrySpend(Environment.TickCount64 - started) ? found : throw Endless(null);
    }

    private Exception Endless(Exception? cause) => Place.Error(
        TokenizerDiagnostics.EndlessPattern,
        "backtracks so long on this text that there is no end in sight; simplify the pattern, or encode the texts "
        + "elsewhere and give token ids as .npy.",
        cause);

    /// <summary>Moves a place in the text forward to a character, of which pairs of surrogates are one; where it is in
    /// UTF-16 units.</summary>
    private static int Move(ReadOnlySpan<char> text, ref (int Character, int Unit) place, int character)
    {
        for (; place.Character < character; place.Character++)
        {
            place.Unit += char.IsHighSurrogate(text[place.Unit]) ? 2 : 1;
        }

        return place.Unit;
    }
}
