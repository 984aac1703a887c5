namespace SparseLlm.Tests;

/// <summary>Files of the repository that tests use in place.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The sample model of that name, a Hugging Face directory.</summary>
    public static string Model(string name) => Path.Combine(Root, "samples", "models", name);

    /// <summary>The tiny random model of a family, with what the family's official code computes for it.</summary>
    public static string Family(string name) => Path.Combine(Families, name);

    /// <summary>The folder of the tiny random models of all families.</summary>
    public static string Families => Path.Combine(Root, "tests", "SparseLlm.Models.Tests", "Families");

    /// <summary>A sample text.</summary>
    public static string Text(string name) => Path.Combine(Root, "samples", "data", name);

    /// <summary>Whether SPARSELLM_QUALITY is "all", as at night: tests may then take long.</summary>
    public static bool IsAllQuality => Environment.GetEnvironmentVariable("SPARSELLM_QUALITY") == "all";

    /// <summary>
    /// The folder of the books that quality is measured on. They are not part of the repository: the folder is named by
    /// SPARSELLM_BOOKS.
    /// </summary>
    public static string RequireBooks()
    {
        string? folder = Environment.GetEnvironmentVariable("SPARSELLM_BOOKS");
        Skip.If(
            folder is null || !File.Exists(Path.Combine(folder, "calibration.txt")),
            "SPARSELLM_BOOKS does not name a folder with calibration.txt and eval.txt");
        return folder!;
    }

    /// <summary>Skips a test whose place is taken by a shorter one, unless SPARSELLM_QUALITY is "all", as at
    /// night.</summary>
    public static void RequireAllQuality() => Skip.IfNot(
        IsAllQuality,
        "SPARSELLM_QUALITY is not 'all', so that a part of the cells stands for them");

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "SparseLlm.Build.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
