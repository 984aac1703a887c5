using System.Text;

namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>
/// Between which characters nothing is ever merged. A merge of two tokens brings the last character of one and the
/// first of the other together; where no merge in the vocabulary does that for two neighbours, what is on one side has
/// no part in the tokens of the other.
/// </summary>
internal sealed class Seams
{
    private const int BehindCharacters = 0x110000;

    private readonly BytePairVocabulary vocabulary;
    private readonly HashSet<int> bytes;
    private readonly int? unknown;
    private readonly HashSet<(int, int)> joined;

    /// <summary>The seams of a vocabulary.</summary>
    /// <param name="vocabulary">Tokens and merges.</param>
    /// <param name="bytes">Tokens that stand for a byte, and not for what they are called.</param>
    /// <param name="unknown">The token of characters that have none, which may run together.</param>
    public Seams(BytePairVocabulary vocabulary, IEnumerable<int> bytes, int? unknown)
    {
        this.vocabulary = vocabulary;
        this.bytes = [.. bytes];
        this.unknown = unknown;
        joined = [.. vocabulary.Merges.Select(merge => (Last(merge.Left), First(merge.Right)))];
    }

    /// <summary>Whether there is a seam between two tokens that stand side by side.</summary>
    public bool IsBetween(int left, int right)
        => left != this.unknown && right != this.unknown && !joined.Contains((Last(left), First(right)));

    private int First(int token)
        => this.bytes.Contains(token) ? BehindCharacters + token
            : this.vocabulary.Token(token)!.EnumerateRunes().First().Value;

    private int Last(int token)
    {
        string text = this.vocabulary.Token(token)!;
        return this.bytes.Contains(token) ? BehindCharacters + token
            : Rune.TryGetRuneAt(text, Math.Max(0, text.Length - 2), out Rune pair) && pair.Utf16SequenceLength == 2
                ? pair.Value
                : text[^1];
    }
}
