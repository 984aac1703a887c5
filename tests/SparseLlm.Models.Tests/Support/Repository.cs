namespace SparseLlm.Models.Tests.Support;

/// <summary>Files of the repository that tests read.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Model(string name) => Path.Combine(Root, "samples", "models", name);

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "SparseLlm.Build.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("SparseLlm.Build.sln was not found above the tests.");
    }
}
