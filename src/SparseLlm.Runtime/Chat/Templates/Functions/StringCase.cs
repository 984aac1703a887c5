using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Capital and small letters as Python's methods see them.</summary>
internal static class StringCase
{
    /// <summary>Whether there are small letters, and no capitals.</summary>
    public static bool IsLower(string text)
        => text.EnumerateRunes().Any(Rune.IsLower) && !text.EnumerateRunes().Any(Rune.IsUpper);

    /// <summary>Whether there are capitals, and no small letters.</summary>
    public static bool IsUpper(string text)
        => text.EnumerateRunes().Any(Rune.IsUpper) && !text.EnumerateRunes().Any(Rune.IsLower);

    /// <summary>Whether capitals stand at the beginnings of words and nowhere else.</summary>
    public static bool IsTitle(string text) => text.EnumerateRunes().Any(IsCased) && Title(text) == text;

    /// <summary>Capitals at the beginnings of words, where a word is a run of letters.</summary>
    public static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        bool isInside = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            title.Append(isInside ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune));
            isInside = IsCased(rune);
        }

        return title.ToString();
    }

    /// <summary>Capitals for small letters and the other way round.</summary>
    public static string Swapped(string text)
    {
        var swapped = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            swapped.Append(Rune.IsUpper(rune) ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune));
        }

        return swapped.ToString();
    }

    private static bool IsCased(Rune rune) => Rune.IsUpper(rune) || Rune.IsLower(rune);
}
