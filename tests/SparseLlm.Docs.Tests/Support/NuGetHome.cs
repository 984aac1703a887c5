namespace SparseLlm.Docs.Tests.Support;

/// <summary>What NuGet finds in a home: the sources of whoever runs the tests, and the packages that they have, but
/// none of this project.</summary>
internal static class NuGetHome
{
    /// <summary>Furnishes a home.</summary>
    public static void Furnish(string home)
    {
        string configuration = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ".nuget",
            "NuGet",
            "NuGet.Config");
        string folder = Directory.CreateDirectory(Path.Combine(home, ".nuget", "NuGet")).FullName;
        if (File.Exists(configuration))
        {
            File.Copy(configuration, Path.Combine(folder, "NuGet.Config"));
        }

        NuGetPackages.LinkIn(PackagesOf(home));
    }

    /// <summary>The folder of the packages of a home.</summary>
    public static string PackagesOf(string home) => Path.Combine(home, ".nuget", "packages");
}
