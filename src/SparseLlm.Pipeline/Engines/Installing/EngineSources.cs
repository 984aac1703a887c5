namespace SparseLlm.Pipeline.Engines.Installing;

/// <summary>Where the packages of an engine come from.</summary>
/// <param name="Additional">Feeds and folders besides the configured ones.</param>
/// <param name="ConfigurationFile">The NuGet.config to go by; null for the user's own.</param>
public sealed record EngineSources(IReadOnlyList<string> Additional, string? ConfigurationFile)
{
    private const string Fallback = """
        <configuration>
          <packageSources>
            <add key="nuget.org" value="https://api.nuget.org/v3/index.json" />
          </packageSources>
        </configuration>

        """;

    /// <summary>The file for restoring: one, so that no NuGet.config of a folder above takes part.</summary>
    /// <param name="folder">Where to write one if the user has none.</param>
    internal string ResolveConfiguration(string folder)
    {
        if (ConfigurationFile is not null)
        {
            return Path.GetFullPath(ConfigurationFile);
        }

        if (UserFile() is { } user)
        {
            return user;
        }

        string path = Path.Combine(folder, "NuGet.config");
        File.WriteAllText(path, Fallback);
        return path;
    }

    /// <summary>Feeds as they are, folders as absolute paths: the project is elsewhere.</summary>
    internal string Joined => string.Join(';', Additional.Select(source => source.Contains("://", StringComparison.Ordinal) ? source : Path.GetFullPath(source)));

    private static string? UserFile()
    {
        string folder = OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "NuGet")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "NuGet");
        string path = Path.Combine(folder, "NuGet.Config");
        return File.Exists(path) ? path : null;
    }
}
