namespace SparseLlm.Runtime.Generation;

/// <summary>Lets text through up to the stop string that is complete first. What may be the beginning of one is held
/// back.</summary>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private string held = "";

    /// <summary>Whether a stop string has come.</summary>
    public bool IsFound { get; private set; }

    /// <summary>What can be let through.</summary>
    public string Add(string text)
    {
        if (IsFound)
        {
            return "";
        }

        string all = held + text;
        (int Begin, int End)[] found = [.. stops.Select(
            stop => (Begin: all.IndexOf(stop, StringComparison.Ordinal), stop.Length)).Where(stop => stop.Begin >= 0)
                .Select(stop => (stop.Begin, stop.Begin + stop.Length))];
        if (found.Length > 0)
        {
            IsFound = true;
            held = "";
            return all[..found.OrderBy(stop => stop.End).ThenBy(stop => stop.Begin).First().Begin];
        }

        int kept = stops.Select(stop => LongestBeginning(stop, all)).DefaultIfEmpty(0).Max();
        held = all[(all.Length - kept)..];
        return all[..^kept];
    }

    /// <summary>What was held back, at the end of the text.</summary>
    public string Complete()
    {
        string rest = held;
        held = "";
        return rest;
    }

    /// <summary>How much of a stop string's beginning is a text's end.</summary>
    private static int LongestBeginning(string stop, string text)
    {
        for (int length = Math.Min(stop.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }
}
