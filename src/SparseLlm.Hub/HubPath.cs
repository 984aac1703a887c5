namespace SparseLlm.Hub;

/// <summary>Paths of files in a repository. A server says what they are, and they become paths here.</summary>
internal static class HubPath
{
    private const int LongestPath = 1000;
    private const int LongestName = 255;

    /// <summary>Whether a repository can have a file of this path, though not every system can.</summary>
    public static bool IsPossible(string path) => path.Split('/').All(name => name is not ("" or "." or ".."));

    /// <summary>Whether a path leads to a place below the folder that it is combined with, on every system.</summary>
    public static bool IsValid(string path) => path.Length is > 0 and <= LongestPath && path.Split('/').All(IsName);

    // A colon is a drive or a stream of a file to Windows, and a dot or a space at the end of a name nothing.
    private static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && name is not ("." or "..")
        && !name.Any(unit => char.IsControl(unit) || unit is '\\')
        && (!OperatingSystem.IsWindows()
            || (name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0 && name[^1] is not ('.' or ' ')));
}
