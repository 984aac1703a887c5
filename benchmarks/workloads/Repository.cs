namespace SparseLlm.Benchmarks.Workloads;

/// <summary>The repository that a benchmark runs inside.</summary>
public static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SparseLlm.Build.sln")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException("This does not run inside the repository.");
        }

        return folder;
    }
}
