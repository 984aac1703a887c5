namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>Hangul syllables and their letters, converted by arithmetic (Unicode Standard, section 3.12).</summary>
internal static class Hangul
{
    private const int FirstSyllable = 0xAC00;
    private const int FirstLeading = 0x1100;
    private const int FirstVowel = 0x1161;
    private const int NoTrailing = 0x11A7;
    private const int Leadings = 19;
    private const int Vowels = 21;
    private const int Trailings = 28;

    /// <summary>Whether the character is a precomposed syllable.</summary>
    public static bool IsSyllable(int character) =>
        character is >= FirstSyllable and < FirstSyllable + (Leadings * Vowels * Trailings);

    /// <summary>Appends the letters of a syllable.</summary>
    public static void Decompose(int syllable, List<int> output)
    {
        int index = syllable - FirstSyllable;
        output.Add(FirstLeading + (index / (Vowels * Trailings)));
        output.Add(FirstVowel + (index / Trailings % Vowels));
        if (index % Trailings != 0)
        {
            output.Add(NoTrailing + (index % Trailings));
        }
    }

    /// <summary>The syllable of a leading consonant and a vowel, or of a syllable without a final and a
    /// final.</summary>
    public static int? Compose(int first, int second)
    {
        if (first is >= FirstLeading and < FirstLeading + Leadings && second is >= FirstVowel and < FirstVowel + Vowels)
        {
            return FirstSyllable + ((((first - FirstLeading) * Vowels) + (second - FirstVowel)) * Trailings);
        }

        bool lacksFinal = IsSyllable(first) && (first - FirstSyllable) % Trailings == 0;
        return lacksFinal && second is > NoTrailing and < NoTrailing + Trailings ? first + (second - NoTrailing) : null;
    }
}
