namespace SparseLlm.Diagnostics;

/// <summary>What a mistyped name was probably meant to be.</summary>
public static class Nearest
{
    // Nobody mistypes a name of this length; and a list of more names than this helps nobody.
    private const int LongestName = 100;
    private const int MostNames = 30;
    private const int MostDirectories = 1000;

    /// <summary>Ends a message about an unknown name: the nearest allowed name, or all of them.</summary>
    public static string Suggest(
        string name,
        IReadOnlyCollection<string> allowed) => To(name, allowed.Take(MostNames)) is { } nearest
        ? $"did you mean '{nearest}'?"
        : $"allowed: {string.Join(", ", allowed.Take(MostNames))}{(allowed.Count > MostNames ? ", ..." : "")}";

    /// <summary>The name that a mistyped one is near to; null where none is.</summary>
    /// <param name="name">The mistyped name.</param>
    /// <param name="candidates">Those that there are.</param>
    public static string? To(string name, IEnumerable<string> candidates)
    {
        var (nearest, distance) = candidates
            .Where(candidate => name.Length <= LongestName && candidate.Length <= LongestName)
            .Select(candidate => (candidate, distance: Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .DefaultIfEmpty((candidate: "", distance: int.MaxValue))
            .MinBy(pair => pair.distance);
        return distance <= Tolerance(name) ? nearest : null;
    }

    /// <summary>The directory that the mistyped path of one is near to, with the same parent; null where there is
    /// none.</summary>
    /// <param name="path">The path.</param>
    /// <param name="written">The path as the user wrote it, whose last name is corrected.</param>
    public static string? Directory(string path, string written)
    {
        string whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string name = Path.GetFileName(whole);
        int place = written.LastIndexOf(name, StringComparison.Ordinal);
        if (Path.GetDirectoryName(whole) is not { } parent || name.Length == 0 || place < 0)
        {
            return null;
        }

        try
        {
            string? nearest = To(name, System.IO.Directory.EnumerateDirectories(parent)
                .Select(beside => Path.GetFileName(beside))
                .Order(StringComparer.Ordinal)
                .Take(MostDirectories));
            return nearest is null ? null : written[..place] + nearest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // There is no such place, or nobody may look there.
            return null;
        }
    }

    // Among names of three letters everything is near to everything: 'gpu' is not a mistyped 'cpu'.
    private static int Tolerance(string name) => name.Length <= 3 ? 0 : Math.Max(2, name.Length / 3);

    // Levenshtein's edit distance, one row of the table at a time.
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int substitution = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
