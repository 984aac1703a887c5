namespace SparseLlm.Recipes.Reading;

/// <summary>What a mistyped name was probably meant to be.</summary>
internal static class Nearest
{
    // Nobody mistypes a name of this length; and a list of more names than this helps nobody.
    private const int LongestName = 100;
    private const int MostNames = 30;

    /// <summary>Ends a message about an unknown name: the nearest allowed name, or all of them.</summary>
    public static string Suggest(string name, IReadOnlyCollection<string> allowed)
    {
        var (nearest, distance) = allowed
            .Where(candidate => name.Length <= LongestName && candidate.Length <= LongestName)
            .Take(MostNames)
            .Select(candidate => (candidate, distance: Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .DefaultIfEmpty((candidate: "", distance: int.MaxValue))
            .MinBy(pair => pair.distance);
        return distance <= Tolerance(name)
            ? $"did you mean '{nearest}'?"
            : $"allowed: {string.Join(", ", allowed.Take(MostNames))}{(allowed.Count > MostNames ? ", ..." : "")}";
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
