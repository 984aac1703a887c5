namespace SparseLlm.Files;

/// <summary>Paths with every link in them followed, so that two names of one place can be told to be one.</summary>
public static class ResolvedPath
{
    // What Linux allows.
    private const int MostLinks = 40;

    /// <summary>How the names of files are compared where this runs, by the habit of its file systems.</summary>
    public static StringComparison Comparison { get; } =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
            ? StringComparison.OrdinalIgnoreCase
            : StringComparison.Ordinal;

    /// <summary>The absolute path of a file or directory, or of what would be one: what is not there has no
    /// links.</summary>
    /// <exception cref="IOException">The links lead nowhere, being a circle.</exception>
    /// <exception cref="UnauthorizedAccessException">A link may not be looked at.</exception>
    public static string Of(string path)
    {
        int links = 0;
        return Resolve(Path.GetFullPath(path));

        string Resolve(string whole)
        {
            whole = Path.TrimEndingDirectorySeparator(whole);
            if (Path.GetDirectoryName(whole) is not { } parent)
            {
                return whole;
            }

            string place = Resolve(parent);
            string here = Path.Combine(place, Path.GetFileName(whole));
            if (new FileInfo(here).LinkTarget is not { } target)
            {
                return here;
            }

            return ++links <= MostLinks
                ? Resolve(Path.GetFullPath(target, place))
                : throw new IOException($"there are too many links in '{path}'");
        }
    }

    /// <summary>Whether a path is a directory, or anything below it. Both are resolved.</summary>
    public static bool IsWithin(string path, string directory) =>
        path.Equals(directory, Comparison)
        || path.StartsWith(
            Path.EndsInDirectorySeparator(directory) ? directory : directory + Path.DirectorySeparatorChar,
            Comparison);
}
