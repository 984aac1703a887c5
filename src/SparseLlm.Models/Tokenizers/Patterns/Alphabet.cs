using System.Globalization;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>
/// The kinds of characters that a pattern tells apart, each written as one UTF-16 unit. .NET's expressions are matched
/// on UTF-16 units, those of tokenizers on code points; on kinds the two agree, whatever the characters, since
/// characters of one kind are in the same sets of the pattern.
/// </summary>
/// <remarks>Such kinds are also known as minterms: Veanes, de Halleux, Tillmann: Rex (ICST 2010).</remarks>
internal sealed class Alphabet
{
    private const int PlaneLength = 0x10000;

    // Units from here on are printable ASCII as long as they suffice, which .NET searches fastest.
    private const int FirstUnit = '0';

    private readonly int[] starts;
    private readonly char[] units;
    private readonly char[] basicPlane = new char[PlaneLength];

    /// <summary>The kinds that these sets tell apart. A line feed is always one of its own and stays what it is, for
    /// the anchors of lines.</summary>
    public Alphabet(IEnumerable<CharacterSet> sets)
    {
        CharacterSet[] told = [.. sets, CharacterSet.Of('\n')];
        this.starts = [.. told.SelectMany(set => set.Changes).Append(0).Where(change => change < CharacterSet.End)
            .Distinct()
            .Order()];
        this.units = Array.ConvertAll(Kinds(this.starts, told), kind => (char)(FirstUnit + kind));
        this.units[Array.BinarySearch(this.starts, '\n')] = '\n';
        for (int i = 0; i < this.starts.Length && this.starts[i] < PlaneLength; i++)
        {
            int end = i + 1 < this.starts.Length ? Math.Min(this.starts[i + 1], PlaneLength) : PlaneLength;
            basicPlane.AsSpan(this.starts[i]..end).Fill(this.units[i]);
        }
    }

    /// <summary>The kinds of a set's characters, as a class of .NET or a literal.</summary>
    /// <param name="set">One that the alphabet was made for.</param>
    public string Class(CharacterSet set)
    {
        char[] units = [.. this.units.Where((_, i) => set.Contains(this.starts[i])).Distinct().Order()];
        return units switch
        {
            [] => "(?!)",
            [char unit] => Escaped(unit),
            _ => $"[{string.Concat(units.Select(Escaped))}]",
        };
    }

    /// <summary>Writes the kind of every character.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="kinds">At least as long as the text; receives a unit for each of its characters.</param>
    /// <returns>How many characters there are.</returns>
    public int Write(ReadOnlySpan<char> text, Span<char> kinds)
    {
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char unit = text[i];
            kinds[count++] = char.IsHighSurrogate(unit)
                ? Kind(char.ConvertToUtf32(unit, text[++i]))
                : basicPlane[unit];
        }

        return count;
    }

    private char Kind(int character)
    {
        int place = Array.BinarySearch(this.starts, character);
        return this.units[place < 0 ? ~place - 1 : place];
    }

    /// <summary>Numbers that are equal for two starts just where every set agrees on them.</summary>
    private static int[] Kinds(int[] starts, CharacterSet[] sets)
    {
        int[] kinds = new int[starts.Length];
        foreach (CharacterSet set in sets)
        {
            var refined = new Dictionary<int, int>();
            for (int i = 0; i < starts.Length; i++)
            {
                int kind = (2 * kinds[i]) + (set.Contains(starts[i]) ? 1 : 0);
                if (!refined.TryGetValue(kind, out kinds[i]))
                {
                    refined.Add(kind, kinds[i] = refined.Count);
                }
            }
        }

        return kinds;
    }

    private static string Escaped(char unit) => string.Create(CultureInfo.InvariantCulture, $@"\u{(int)unit:X4}");
}
