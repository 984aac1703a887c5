using System.Globalization;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>A set of code points, kept as the places where membership changes: the first one in, the first one out again, and so on.</summary>
internal sealed class CharacterSet : IEquatable<CharacterSet>
{
    /// <summary>The first number that is no code point any more.</summary>
    public const int End = 0x110000;

    private readonly int[] _changes;

    private CharacterSet(int[] changes) => _changes = changes;

    /// <summary>The places where membership changes, in order; the first is a member.</summary>
    public IReadOnlyList<int> Changes => _changes;

    /// <summary>The ranges that the set consists of, both ends included.</summary>
    public IEnumerable<(int First, int Last)> Ranges => _changes.Chunk(2).Select(range => (range[0], range[1] - 1));

    /// <summary>Every code point that is not in the set.</summary>
    public CharacterSet Complement => new(
    [
        .. _changes is [0, ..] ? Array.Empty<int>() : [0],
        .. _changes.Where(change => change is > 0 and < End),
        .. _changes is [.., End] ? Array.Empty<int>() : [End],
    ]);

    /// <summary>The set of one character.</summary>
    public static CharacterSet Of(int character) => Of(character, character);

    /// <summary>The set of a range of characters, both ends included.</summary>
    public static CharacterSet Of(int first, int last) => new([first, last + 1]);

    /// <summary>The set of several ranges, in any order; they may overlap.</summary>
    public static CharacterSet Of(IEnumerable<(int First, int Last)> ranges)
    {
        var changes = new List<int>();
        foreach ((int first, int last) in ranges.Order())
        {
            if (changes.Count > 0 && first <= changes[^1])
            {
                changes[^1] = Math.Max(changes[^1], last + 1);
            }
            else
            {
                changes.Add(first);
                changes.Add(last + 1);
            }
        }

        return new CharacterSet([.. changes]);
    }

    /// <summary>Everything that is in any of the sets.</summary>
    public static CharacterSet Union(IEnumerable<CharacterSet> sets) => Of(sets.SelectMany(set => set.Ranges));

    /// <summary>Whether a code point is in the set.</summary>
    public bool Contains(int character)
    {
        int place = Array.BinarySearch(_changes, character);
        return (place < 0 ? ~place - 1 : place) % 2 == 0;
    }

    /// <inheritdoc/>
    public bool Equals(CharacterSet? other) => other is not null && _changes.AsSpan().SequenceEqual(other._changes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CharacterSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int change in _changes)
        {
            hash.Add(change);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', Ranges.Select(range =>
        string.Create(CultureInfo.InvariantCulture, $"U+{range.First:X4}-{range.Last:X4}")));
}
