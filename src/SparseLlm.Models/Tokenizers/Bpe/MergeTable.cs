using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>The merges of a vocabulary, while they are read.</summary>
/// <param name="tokens">The vocabulary.</param>
/// <param name="capacity">How many merges there will be.</param>
internal sealed class MergeTable(TokenTable tokens, int capacity)
{
    private byte[] joined = [];
    private int rank;

    /// <summary>The merges, by <see cref="BytePairVocabulary.Pair"/>.</summary>
    public Dictionary<ulong, Merge> Merges { get; } = new(capacity);

    /// <summary>Adds a merge behind the others.</summary>
    /// <param name="left">The UTF-8 of the left token.</param>
    /// <param name="right">The UTF-8 of the right token.</param>
    /// <param name="continuation">How many bytes at the beginning of the right one only mark that it continues a
    /// word.</param>
    /// <param name="missing">A token that the vocabulary lacks.</param>
    /// <returns>Whether the vocabulary has both and what they make.</returns>
    public bool TryAdd(
        ReadOnlySpan<byte> left,
        ReadOnlySpan<byte> right,
        int continuation,
        [NotNullWhen(false)] out string? missing)
    {
        ReadOnlySpan<byte> joined = Join(left, right[continuation..]);
        bool isKnown = tokens.TryGetId(left, out int leftId) & tokens.TryGetId(right, out int rightId)
            & tokens.TryGetId(joined, out int joinedId);
        missing = isKnown ? null : Missing(left) ?? Missing(right) ?? Encoding.UTF8.GetString(joined);
        if (isKnown)
        {
            Merges[BytePairVocabulary.Pair(leftId, rightId)] = new Merge(rank++, joinedId);
        }

        return isKnown;
    }

    private ReadOnlySpan<byte> Join(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int length = left.Length + right.Length;
        if (this.joined.Length < length)
        {
            this.joined = new byte[2 * length];
        }

        left.CopyTo(this.joined);
        right.CopyTo(this.joined.AsSpan(left.Length));
        return this.joined.AsSpan(0, length);
    }

    private string? Missing(ReadOnlySpan<byte> token)
        => tokens.TryGetId(token, out _) ? null : Encoding.UTF8.GetString(token);
}
