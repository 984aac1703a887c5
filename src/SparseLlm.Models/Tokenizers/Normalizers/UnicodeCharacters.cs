using System.Globalization;
using System.IO.Compression;

namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>
/// The properties of characters that the normalization forms need, from an embedded table, which is read when the first
/// of them is asked for. UnicodeNormalization.pl writes it, and says how it is to be read.
/// </summary>
internal static class UnicodeCharacters
{
    private static readonly Dictionary<int, int> CombiningClasses = [];
    private static readonly Dictionary<int, int[]> Canonical = [];
    private static readonly Dictionary<int, int[]> Compatible = [];
    private static readonly Dictionary<(int, int), int> Compositions = [];

    static UnicodeCharacters()
    {
        Type owner = typeof(UnicodeCharacters);
        using Stream table = owner.Assembly.GetManifestResourceStream("UnicodeNormalization.txt.gz")!;
        using var reader = new StreamReader(new GZipStream(table, CompressionMode.Decompress));
        while (reader.ReadLine() is string line)
        {
            Add(line.Split(' '));
        }
    }

    /// <summary>The canonical combining class; 0 for starters.</summary>
    public static int CombiningClass(int character) =>
        character < 0x300 ? 0 : CombiningClasses.GetValueOrDefault(character);

    /// <summary>What a character is made of, one step deep, if it is made of anything.</summary>
    public static int[]? Decomposition(int character, bool isCompatible) =>
        Canonical.GetValueOrDefault(character) ?? (isCompatible ? Compatible.GetValueOrDefault(character) : null);

    /// <summary>What two characters make, if they make anything.</summary>
    public static int? Composition(int first, int second) =>
        Compositions.TryGetValue((first, second), out int composed) ? composed : null;

    private static void Add(string[] fields)
    {
        int[] numbers = Array.ConvertAll(
            fields[1..], field => int.Parse(field, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        int[] rest = numbers[1..];
        switch (fields[0])
        {
            case "combining":
                foreach (int character in rest)
                {
                    CombiningClasses.Add(character, numbers[0]);
                }

                break;
            case "composed":
                Canonical.Add(numbers[0], rest);
                Compositions.Add((rest[0], rest[1]), numbers[0]);
                break;
            case "canonical":
                Canonical.Add(numbers[0], rest);
                break;
            case "compatible":
                Compatible.Add(numbers[0], rest);
                break;
        }
    }
}
