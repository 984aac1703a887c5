namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Reads one character class, <c>[...]</c>.</summary>
/// <param name="pattern">The whole expression.</param>
/// <param name="ignoreCase">Whether case is ignored where the class stands.</param>
internal sealed class OnigurumaClass(string pattern, bool ignoreCase)
{
    private const int DepthLimit = 32;

    private readonly List<CharacterSet> members = [];

    /// <summary>The class whose opening bracket is just before <paramref name="position"/>, which moves behind
    /// it.</summary>
    public CharacterSet Read(ref int position)
    {
        bool isNegated = At(position, "^");
        if (isNegated)
        {
            position++;
        }

        Members(ref position, depth: 0);
        var members = CharacterSet.Union(this.members);
        if (ignoreCase && !isNegated && CaseFolding.Expands(members))
        {
            throw new NotSupportedException(
                "a class that ignores case has a character that equals several others, such as the sharp s.");
        }

        CharacterSet closed = ignoreCase ? CaseFolding.Close(members) : members;
        return isNegated ? closed.Complement : closed;
    }

    private void Members(ref int position, int depth)
    {
        if (depth > DepthLimit)
        {
            throw new NotSupportedException("character classes are nested too deeply.");
        }

        if (At(position, "]"))
        {
            throw new NotSupportedException("a character class is empty.");
        }

        while (!At(position, "]"))
        {
            if (position >= pattern.Length)
            {
                throw new NotSupportedException("a character class is not closed.");
            }

            if (At(position, "&&") || At(position, "[:") || At(position, "[^"))
            {
                throw new NotSupportedException($"'{pattern.Substring(position, 2)}' in a class is not supported.");
            }

            // A class within a class is a union.
            if (At(position, "["))
            {
                position++;
                Members(ref position, depth + 1);
            }
            else if (Member(ref position) is int first)
            {
                Range(first, ref position);
            }
        }

        position++;
    }

    /// <summary>Reads one member: a character is returned, a set is added.</summary>
    private int? Member(ref int position)
    {
        if (pattern[position] != '\\')
        {
            return OnigurumaEscape.CharacterAt(pattern, position, ref position);
        }

        OnigurumaEscape escape = OnigurumaEscape.Read(pattern, ref position);
        if (escape.Set is CharacterSet set)
        {
            this.members.Add(set);
        }

        return escape.Assertion switch
        {
            null => escape.Character,
            'b' => '\b',
            char assertion => throw new NotSupportedException(
                $@"'\{assertion}' in a character class is not supported."),
        };
    }

    private void Range(int first, ref int position)
    {
        int last = first;
        if (At(position, "-") && !At(position, "-]") && !At(position, "-["))
        {
            position++;
            last = position < pattern.Length && Member(ref position) is int end && end >= first
                ? end
                : throw new NotSupportedException("a range does not end in a character after its first.");
        }

        this.members.Add(CharacterSet.Of(first, last));
    }

    private bool At(int position, string text) =>
        pattern.AsSpan(Math.Min(position, pattern.Length)).StartsWith(text, StringComparison.Ordinal);
}
