using System.Globalization;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>The characters of every general category of Unicode (Unicode Standard, table 4-4), by the category's short name.</summary>
internal static class GeneralCategories
{
    /// <summary>In the order of <see cref="UnicodeCategory"/>.</summary>
    private static readonly string[] Names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly Dictionary<string, CharacterSet> Sets = Read();

    /// <summary>White space: separators, and the controls that move to another place.</summary>
    public static CharacterSet Space { get; } =
        CharacterSet.Union([CharacterSet.Of('\t', '\r'), CharacterSet.Of(0x85), Sets["Z"]]);

    /// <summary>The characters of a category such as <c>Lu</c>, or of all that begin with a letter such as <c>L</c>; null if there is none.</summary>
    public static CharacterSet? Find(string name) => Sets.GetValueOrDefault(name);

    private static Dictionary<string, CharacterSet> Read()
    {
        List<(int, int)>[] ranges = [.. Names.Select(_ => new List<(int, int)>())];
        for (int first = 0, next; first < CharacterSet.End; first = next)
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(first);
            for (next = first + 1; next < CharacterSet.End && CharUnicodeInfo.GetUnicodeCategory(next) == category;)
            {
                next++;
            }

            ranges[(int)category].Add((first, next - 1));
        }

        Dictionary<string, CharacterSet> sets = Names.Zip(ranges).ToDictionary(pair => pair.First, pair => CharacterSet.Of(pair.Second));
        foreach (IGrouping<char, string> group in Names.GroupBy(name => name[0]))
        {
            sets.Add(group.Key.ToString(), CharacterSet.Union(group.Select(name => sets[name])));
        }

        return sets;
    }
}
