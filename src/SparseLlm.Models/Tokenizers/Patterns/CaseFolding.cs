using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Which characters a pattern takes for the same when it ignores case (Unicode Standard, section
/// 5.18).</summary>
internal static class CaseFolding
{
    // No letter beyond this plane has a case.
    private const int CasedEnd = 0x20000;

    /// <summary>Those that fold to several characters, such as the sharp s, as CaseFolding.txt lists them with status
    /// F.</summary>
    private static readonly CharacterSet Expanding = CharacterSet.Of(
        0xDF, 0xDF, 0x130, 0x130, 0x149, 0x149, 0x1F0, 0x1F0, 0x390, 0x390, 0x3B0, 0x3B0, 0x587, 0x587, 0x1E96, 0x1E9A,
        0x1E9E, 0x1E9E, 0x1F50, 0x1F50, 0x1F52, 0x1F52, 0x1F54, 0x1F54, 0x1F56, 0x1F56, 0x1F80, 0x1FAF, 0x1FB2, 0x1FB4,
        0x1FB6, 0x1FB7, 0x1FBC, 0x1FBC, 0x1FC2, 0x1FC4, 0x1FC6, 0x1FC7, 0x1FCC, 0x1FCC, 0x1FD2, 0x1FD3, 0x1FD6, 0x1FD7,
        0x1FE2, 0x1FE4, 0x1FE6, 0x1FE7, 0x1FF2, 0x1FF4, 0x1FF6, 0x1FF7, 0x1FFC, 0x1FFC, 0xFB00, 0xFB06, 0xFB13, 0xFB17);

    /// <summary>What two letters of ASCII one of those can fold to.</summary>
    private static readonly string[] Ligatures = ["ss", "st", "ff", "fi", "fl"];

    /// <summary>What each character folds to that does not fold to itself.</summary>
    private static readonly Dictionary<int, int> Folded = ReadFolded();

    /// <summary>The set, and whatever is the same as one of its characters when case is ignored.</summary>
    public static CharacterSet Close(CharacterSet set)
    {
        HashSet<int> folds = [.. Folded.Where(pair => set.Contains(pair.Key) || set.Contains(pair.Value))
            .Select(pair => pair.Value)];
        List<int> same = [.. Folded.Where(pair => folds.Contains(pair.Value)).Select(pair => pair.Key), .. folds];
        same.Sort();
        return CharacterSet.Union(set, CharacterSet.OfAll(same));
    }

    /// <summary>Whether the set has a character that is the same as a sequence of others.</summary>
    public static bool Expands(CharacterSet set) => set.Overlaps(Expanding);

    /// <summary>Whether two characters one after another may be, or begin, what one character folds to. Beyond ASCII
    /// every pair that looks like it counts.</summary>
    public static bool MayContract(int first, int second) => first < 0x80 && second < 0x80
        ? Ligatures.Contains($"{(char)Fold(first)}{(char)Fold(second)}")
        : WordCharacters.IsWord(new Rune(first)) && WordCharacters.IsWord(new Rune(second));

    private static Dictionary<int, int> ReadFolded()
    {
        var folded = new Dictionary<int, int>();
        for (int character = 0; character < CasedEnd; character++)
        {
            if (Rune.IsValid(character) && Fold(character) is int other && other != character)
            {
                folded.Add(character, other);
            }
        }

        return folded;
    }

    // .NET keeps the long s apart from the s, and folding does not.
    private static int Fold(int character) =>
        character == 0x17F ? 's' : Rune.ToLowerInvariant(Rune.ToUpperInvariant(new Rune(character))).Value;
}
