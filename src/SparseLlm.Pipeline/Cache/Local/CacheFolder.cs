namespace SparseLlm.Pipeline.Cache.Local;

/// <summary>Where the cache is.</summary>
internal static class CacheFolder
{
    /// <summary>The environment variable that names another folder, or none.</summary>
    public const string Variable = "SPARSELLM_CACHE";

    /// <summary>The folder: as given, else as the environment says, else the platform's; null where caching is turned
    /// off.</summary>
    public static string? Resolve(string? given)
    {
        string? folder = NullIfEmpty(given)
            ?? NullIfEmpty(Environment.GetEnvironmentVariable(Variable)) ?? OfPlatform();
        return folder is null or "off" or "none" ? null : Path.GetFullPath(folder);
    }

    private static string? OfPlatform()
    {
        if (OperatingSystem.IsWindows())
        {
            return Below(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
                "SparseLlm",
                "cache");
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS())
        {
            return Below(home, "Library", "Caches", "sparsellm");
        }

        // The specification of base directories says that a relative path is to be ignored.
        string? configured = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return Path.IsPathRooted(configured)
            ? Path.Combine(configured, "sparsellm")
            : Below(home, ".cache", "sparsellm");
    }

    /// <summary>A container may have no home: then there is no cache either.</summary>
    private static string? Below(string folder, params string[] names)
        => folder.Length == 0 ? null : Path.Combine([folder, .. names]);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
