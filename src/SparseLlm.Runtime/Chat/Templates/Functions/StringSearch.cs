using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Finding parts of texts as Python does.</summary>
internal static class StringSearch
{
    /// <summary>How often a part is in a text. The empty one is before each character and at the end.</summary>
    public static int Count(string text, string part)
    {
        if (part.Length == 0)
        {
            return PythonText.Length(text) + 1;
        }

        int count = 0;
        for (
            int i = text.IndexOf(part, StringComparison.Ordinal);
            i >= 0;
            i = text.IndexOf(part, i + part.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    /// <summary>The text with the first so many of a part replaced by another; all of them if the number is
    /// negative.</summary>
    public static string Replaced(string text, string part, string by, int most, Budget budget)
    {
        int count = Count(text, part);
        count = most < 0 ? count : Math.Min(count, most);
        budget.Text(text.Length + ((long)count * by.Length));
        if (most < 0 && part.Length > 0)
        {
            return text.Replace(part, by, StringComparison.Ordinal);
        }

        var replaced = new StringBuilder(text.Length);
        if (part.Length == 0)
        {
            foreach (string character in PythonText.Characters(text))
            {
                replaced.Append(count-- > 0 ? by : "").Append(character);
            }

            return replaced.Append(count > 0 ? by : "").ToString();
        }

        int start = 0;
        for (; count > 0; count--)
        {
            int place = text.IndexOf(part, start, StringComparison.Ordinal);
            replaced.Append(text, start, place - start).Append(by);
            start = place + part.Length;
        }

        return replaced.Append(text, start, text.Length - start).ToString();
    }

    /// <summary>The parts between separators, or between stretches of white space, cut at most so often from the
    /// beginning.</summary>
    public static IEnumerable<string> Split(string text, string? separator, int most)
    {
        int limit = most < 0 ? int.MaxValue : most;
        return separator is null
            ? Words(text, limit)
            : text.Split(separator, limit == int.MaxValue ? limit : limit + 1);
    }

    /// <summary>The same, cut from the end.</summary>
    public static IEnumerable<string> SplitFromEnd(string text, string? separator, int most)
    {
        if (most < 0)
        {
            return Split(text, separator, most);
        }

        var parts = new List<string>();
        string rest = separator is null ? PythonText.TrimEnd(text) : text;
        while (parts.Count < most && LastCut(rest, separator) is (int place, int length))
        {
            parts.Add(rest[(place + length)..]);
            rest = separator is null ? PythonText.TrimEnd(rest[..place]) : rest[..place];
        }

        if (separator is not null || rest.Length > 0)
        {
            parts.Add(rest);
        }

        parts.Reverse();
        return parts;
    }

    private static List<string> Words(string text, int most)
    {
        var words = new List<string>();
        for (int start = PythonText.SkipSpace(text, 0); start < text.Length; start = PythonText.SkipSpace(text, start))
        {
            int end = start;
            while (end < text.Length && !PythonText.IsSpace(text[end]))
            {
                end++;
            }

            end = words.Count == most ? text.Length : end;
            words.Add(text[start..end]);
            start = end;
        }

        return words;
    }

    private static (int Place, int Length)? LastCut(string text, string? separator)
    {
        if (separator is not null)
        {
            int place = text.LastIndexOf(separator, StringComparison.Ordinal);
            return place < 0 ? null : (place, separator.Length);
        }

        int last = text.Length - 1;
        while (last >= 0 && !PythonText.IsSpace(text[last]))
        {
            last--;
        }

        // What is left before the first word is no word.
        return last < 0 ? null : (last, 1);
    }
}
