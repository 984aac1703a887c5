namespace SparseLlm.Tests;

/// <summary>The packages of whoever runs the tests, for tests that restore where nothing is to be fetched
/// again.</summary>
internal static class NuGetPackages
{
    /// <summary>NuGet's folder of packages.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>
    /// Makes another one of links to what is in it, but to nothing of this project: what is packed by a test has the
    /// version of what others have packed, and must not be mistaken for it.
    /// </summary>
    public static string LinkIn(string folder)
    {
        Directory.CreateDirectory(folder);
        if (Directory.Exists(Folder))
        {
            foreach (string package in Directory.GetDirectories(Folder).Where(
                package => !Path.GetFileName(package).StartsWith("sparsellm.", StringComparison.OrdinalIgnoreCase)))
            {
                Directory.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(package)), package);
            }
        }

        return folder;
    }
}
