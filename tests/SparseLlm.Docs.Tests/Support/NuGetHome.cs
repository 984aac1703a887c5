namespace SparseLlm.Docs.Tests.Support;

/// <summary>What NuGet finds in a home: the sources of whoever runs the tests, and the packages that they have, but none of this project.</summary>
internal static class NuGetHome
{
    private static readonly string Users = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget");

    /// <summary>Furnishes a home.</summary>
    public static void Furnish(string home)
    {
        string configuration = Path.Combine(Users, "NuGet", "NuGet.Config");
        string folder = Directory.CreateDirectory(Path.Combine(home, ".nuget", "NuGet")).FullName;
        if (File.Exists(configuration))
            File.Copy(configuration, Path.Combine(folder, "NuGet.Config"));
        LinkPackages(Directory.CreateDirectory(PackagesOf(home)).FullName);
    }

    /// <summary>The folder of the packages of a home.</summary>
    public static string PackagesOf(string home) => Path.Combine(home, ".nuget", "packages");

    /// <summary>Links, so that nothing is fetched again. What is packed here has the version of what others have packed, and must not be mistaken for it.</summary>
    private static void LinkPackages(string folder)
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Users, "packages");
        if (!Directory.Exists(packages))
            return;
        foreach (string package in Directory.GetDirectories(packages))
        {
            string name = Path.GetFileName(package);
            if (!name.StartsWith("sparsellm.", StringComparison.OrdinalIgnoreCase))
                Directory.CreateSymbolicLink(Path.Combine(folder, name), package);
        }
    }
}
