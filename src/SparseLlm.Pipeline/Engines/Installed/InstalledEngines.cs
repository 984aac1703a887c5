using NuGet.Versioning;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Engines.Installed;

/// <summary>The engines on this machine: a folder for each name, in it one for each version of TorchSharp and of the
/// tool.</summary>
internal static class InstalledEngines
{
    /// <summary>The environment variable that names another folder.</summary>
    public const string Variable = "SPARSELLM_ENGINES";

    /// <summary>The folder that holds them.</summary>
    public static string Root => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? Path.GetFullPath(named)
        : OfPlatform();

    /// <summary>All of them, by name, the newest first.</summary>
    public static IReadOnlyList<InstalledEngine> All() =>
    [
        .. from folder in Folders(Root).SelectMany(Folders)
           let engine = InstalledEngine.TryRead(folder)
           where engine is not null
           orderby engine.Name, engine.IsOfThisTool descending, Order(
               engine.Version) descending, Order(engine.Tool) descending
           select engine,
    ];

    /// <summary>The engine of that name that is used: the newest that this version of the tool can use, else the
    /// newest; null where there is none.</summary>
    public static InstalledEngine? Find(string name) => All().FirstOrDefault(engine => engine.Name == name);

    /// <summary>The engine of that name.</summary>
    /// <exception cref="DiagnosticException">It is not installed.</exception>
    public static InstalledEngine Require(string name) => Find(name) ?? throw PipelineDiagnostics.EngineMissing.Error(
        null, $"the engine '{name}' is not installed; type: {InstallCommand(name)}");

    /// <summary>Removes engines.</summary>
    /// <param name="name">Their name.</param>
    /// <param name="version">The version of TorchSharp; null for every one.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="DiagnosticException">There is none, or it cannot be removed.</exception>
    public static IReadOnlyList<InstalledEngine> Remove(string name, string? version)
    {
        InstalledEngine[] engines = [.. All().Where(
            engine => engine.Name == name && (version is null || engine.Version == version))];
        if (engines.Length == 0)
        {
            string which = version is null ? $"'{name}'" : $"'{name}' with TorchSharp {version}";
            throw PipelineDiagnostics.EngineMissing.Error(
                null,
                $"the engine {which} is not installed; 'dotnet sparsellm engine list' shows those that are");
        }

        foreach (InstalledEngine engine in engines)
        {
            Remove(engine.Folder);
        }

        return engines;
    }

    private static void Remove(string folder)
    {
        try
        {
            HiddenFolder.RequireNoLink(folder);
            using HiddenFolder hidden = HiddenFolder.Create(Path.GetDirectoryName(folder)!);
            Directory.Move(folder, Path.Combine(hidden.Path, "old"));
            hidden.Delete();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput
                .Error(new SourceLocation(folder), $"the engine cannot be removed: {exception.Message}", exception);
        }
    }

    /// <summary>The folder that holds the engines of a name.</summary>
    internal static string FolderOf(string name) => Path.Combine(Root, name);

    /// <summary>The folder of an engine.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">The version of TorchSharp.</param>
    public static string FolderOf(string name, string version)
        => Path.Combine(FolderOf(name), $"{version}+{ToolVersion.Current.ToNormalizedString()}");

    /// <summary>What to type to install it.</summary>
    public static string InstallCommand(string name) => $"dotnet sparsellm engine install {name}";

    /// <summary>Folders that are visible: those that are being installed or removed have a dot before their
    /// name.</summary>
    private static IEnumerable<string> Folders(string folder) =>
        Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.'))
            : [];

    private static NuGetVersion Order(string version)
        => NuGetVersion.TryParse(version, out NuGetVersion? parsed) ? parsed : new NuGetVersion(0, 0, 0);

    private static string OfPlatform()
    {
        if (OperatingSystem.IsWindows())
        {
            return Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
                "SparseLlm",
                "engines");
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS())
        {
            return Path.Combine(home, "Library", "Application Support", "sparsellm", "engines");
        }

        // The specification of base directories says that a relative path is to be ignored.
        string? configured = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        return Path.Combine(
            Path.IsPathRooted(configured) ? configured : Path.Combine(home, ".local", "share"),
            "sparsellm",
            "engines");
    }
}
