using System.Reflection;

namespace SparseLlm.Build.Tests.Support;

/// <summary>Where things are in the repository that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The configuration of the tests, in which what they pack was built too.</summary>
    public static string Configuration { get; } =
        typeof(Repository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    public static string Root { get; } = FindRoot();

    public static string FakeTool { get; } =
        InRoot("tests", "SparseLlm.Build.Tests", "FakeTool", "bin", Configuration, "net10.0", "FakeTool.dll");

    public static string InRoot(params string[] path) => Path.Combine([Root, .. path]);

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "SparseLlm.Build.sln")))
            directory = Path.GetDirectoryName(directory);
        return directory ?? throw new DirectoryNotFoundException("SparseLlm.Build.sln is in no directory above the tests.");
    }
}
