using System.Runtime.InteropServices;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Normalizers;

/// <summary>
/// The Unicode normalization forms (Unicode Standard Annex 15). .NET's own need ICU, and without it silently change
/// nothing; besides, the tokenizers that models were trained with know the characters of Unicode 9, and newer ones must
/// stay as they are.
/// </summary>
internal static class UnicodeNormalization
{
    /// <summary>The text in one of the forms.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="form">C, D, KC or KD.</param>
    public static string Normalize(string text, NormalizationForm form)
    {
        bool isCompatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        bool isComposed = form is NormalizationForm.FormC or NormalizationForm.FormKC;
        var decomposed = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, isCompatible, decomposed);
        }

        Reorder(decomposed);
        IEnumerable<int> normalized = isComposed ? Compose(decomposed) : decomposed;
        var result = new StringBuilder(text.Length);
        Span<char> units = stackalloc char[2];
        foreach (int character in normalized)
        {
            result.Append(units[..new Rune(character).EncodeToUtf16(units)]);
        }

        return result.ToString();
    }

    private static void Decompose(int character, bool isCompatible, List<int> output)
    {
        if (character < 0x80)
        {
            output.Add(character);
        }
        else if (Hangul.IsSyllable(character))
        {
            Hangul.Decompose(character, output);
        }
        else if (UnicodeCharacters.Decomposition(character, isCompatible) is int[] parts)
        {
            foreach (int part in parts)
            {
                Decompose(part, isCompatible, output);
            }
        }
        else
        {
            output.Add(character);
        }
    }

    /// <summary>Sorts every run of combining characters by combining class, keeping the order of equals.</summary>
    private static void Reorder(List<int> characters)
    {
        for (int start = 0; start < characters.Count; start++)
        {
            int end = start;
            while (end < characters.Count && UnicodeCharacters.CombiningClass(characters[end]) > 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] ordered = [.. characters[start..end].OrderBy(UnicodeCharacters.CombiningClass)];
                ordered.CopyTo(CollectionsMarshal.AsSpan(characters)[start..]);
            }

            start = end;
        }
    }

    /// <summary>Joins every character with the last starter before it, unless something between them blocks
    /// it.</summary>
    private static List<int> Compose(List<int> characters)
    {
        var composed = new List<int>(characters.Count);
        int starter = -1;
        int previousClass = 0;
        foreach (int character in characters)
        {
            int combiningClass = UnicodeCharacters.CombiningClass(character);
            bool isAdjacent = starter == composed.Count - 1;
            if (starter >= 0 && (isAdjacent || previousClass < combiningClass) &&
                Join(composed[starter], character) is int joined)
            {
                composed[starter] = joined;
                continue;
            }

            if (combiningClass == 0)
            {
                starter = composed.Count;
            }

            previousClass = combiningClass;
            composed.Add(character);
        }

        return composed;
    }

    private static int? Join(int starter, int character) =>
        Hangul.Compose(starter, character) ?? UnicodeCharacters.Composition(starter, character);
}
