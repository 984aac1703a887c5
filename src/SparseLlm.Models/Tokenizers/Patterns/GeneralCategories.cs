using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>The characters of every general category of Unicode (Unicode Standard, table 4-4), by the category's short
/// name.</summary>
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
        CharacterSet.Union(CharacterSet.Of('\t', '\r', 0x85, 0x85), Sets["Z"]);

    /// <summary>The characters of a category such as <c>Lu</c>, or of all that begin with a letter such as <c>L</c>;
    /// null if there is none.</summary>
    public static CharacterSet? Find(string name) => Sets.GetValueOrDefault(name);

    // A million characters are looked at once, before anybody would optimise the loop.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Dictionary<string, CharacterSet> Read()
    {
        List<int>[] ends = [.. Names.Select(_ => new List<int>())];
        int first = 0;
        UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(first);
        for (int next = 1; next <= CharacterSet.End; next++)
        {
            UnicodeCategory nextCategory = next < CharacterSet.End
                ? CharUnicodeInfo.GetUnicodeCategory(next)
                : (UnicodeCategory)(-1);
            if (nextCategory != category)
            {
                ends[(int)category].AddRange(first, next - 1);
                (first, category) = (next, nextCategory);
            }
        }

        var sets = new Dictionary<string, CharacterSet>();
        for (int i = 0; i < Names.Length; i++)
        {
            CharacterSet set = CharacterSet.Of(CollectionsMarshal.AsSpan(ends[i]));
            string group = Names[i][..1];
            sets.Add(Names[i], set);
            sets[group] = sets.TryGetValue(group, out CharacterSet? known) ? CharacterSet.Union(known, set) : set;
        }

        return sets;
    }
}
