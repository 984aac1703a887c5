namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>A set of code points, kept as the places where membership changes: the first one in, the first one out
/// again, and so on.</summary>
internal sealed class CharacterSet
{
    /// <summary>The first number that is no code point any more.</summary>
    public const int End = 0x110000;

    private readonly int[] changes;

    private CharacterSet(List<int> changes) => this.changes = [.. changes];

    /// <summary>The places where membership changes, in order; the first is a member.</summary>
    public IReadOnlyList<int> Changes => this.changes;

    /// <summary>Every code point that is not in the set.</summary>
    public CharacterSet Complement => Combine(this, Of(0, End - 1), (isIn, exists) => exists && !isIn);

    /// <summary>The set of one character.</summary>
    public static CharacterSet Of(int character) => Of(character, character);

    /// <summary>The set of ranges of characters.</summary>
    /// <param name="ends">The first and the last character of each range, in ascending order.</param>
    public static CharacterSet Of(params ReadOnlySpan<int> ends)
    {
        var changes = new List<int>(ends.Length);
        for (int i = 0; i < ends.Length; i += 2)
        {
            Append(changes, ends[i], ends[i + 1]);
        }

        return new CharacterSet(changes);
    }

    /// <summary>The set of some characters.</summary>
    /// <param name="characters">The characters, in ascending order.</param>
    public static CharacterSet OfAll(List<int> characters)
    {
        var changes = new List<int>();
        foreach (int character in characters)
        {
            Append(changes, character, character);
        }

        return new CharacterSet(changes);
    }

    /// <summary>Everything that is in any of the sets.</summary>
    public static CharacterSet Union(params IEnumerable<CharacterSet> sets) =>
        sets.Aggregate(Of(), (left, right) => Combine(left, right, (isInLeft, isInRight) => isInLeft || isInRight));

    /// <summary>Whether a code point is in the set.</summary>
    public bool Contains(int character)
    {
        int place = Array.BinarySearch(this.changes, character);
        return (place < 0 ? ~place - 1 : place) % 2 == 0;
    }

    /// <summary>Whether the two have a character in common.</summary>
    public bool Overlaps(CharacterSet other)
        => Combine(this, other, (isInThis, isInOther) => isInThis && isInOther).Changes.Count > 0;

    /// <summary>Whether the other set has the same characters.</summary>
    public bool SetEquals(CharacterSet other) => this.changes.AsSpan().SequenceEqual(other.changes);

    private static void Append(List<int> changes, int first, int last)
    {
        if (changes.Count > 0 && changes[^1] == first)
        {
            changes[^1] = last + 1;
        }
        else
        {
            changes.Add(first);
            changes.Add(last + 1);
        }
    }

    /// <summary>The code points of which <paramref name="isIn"/> says so, given whether each of two sets has
    /// them.</summary>
    private static CharacterSet Combine(CharacterSet left, CharacterSet right, Func<bool, bool, bool> isIn)
    {
        (int[] lefts, int[] rights) = (left.changes, right.changes);
        var changes = new List<int>(lefts.Length + rights.Length);
        (int i, int j) = (0, 0);
        while (i < lefts.Length || j < rights.Length)
        {
            int place = Math.Min(i < lefts.Length ? lefts[i] : End, j < rights.Length ? rights[j] : End);
            i += i < lefts.Length && lefts[i] == place ? 1 : 0;
            j += j < rights.Length && rights[j] == place ? 1 : 0;
            bool wasIn = changes.Count % 2 == 1;
            if (isIn(i % 2 == 1, j % 2 == 1) != wasIn)
            {
                changes.Add(place);
            }
        }

        return new CharacterSet(changes);
    }
}
