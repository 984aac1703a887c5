using System.Text.Json;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>Files outside the test project, found from the repository's root.</summary>
internal static class SampleFiles
{
    private static readonly string Root = FindRoot();

    public static string Model(string name) => Path.Combine(Root, "samples", "models", name);

    public static string SampleText => Path.Combine(Root, "samples", "data", "sample-eval.txt");

    public static string LibraryCases =>
        Path.Combine(Root, "tests", "SparseLlm.Models.Tests", "Tokenizers", "library-cases.json");

    /// <summary>A book-sized text, which is not part of the repository; null where it is missing.</summary>
    public static string? Book(string name)
    {
        string folder = Environment.GetEnvironmentVariable("SPARSELLM_BOOKS") ?? Path.Combine(Root, "..", "shared", "data");
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? path : null;
    }

    public static JsonElement Reference(string model, string file) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Model(model), file))).RootElement;

    public static int[] Integers(this JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "SparseLlm.Build.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("SparseLlm.Build.sln is in no folder above the tests.");
    }
}
