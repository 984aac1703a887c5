using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace SparseLlm.Tool.Tests;

/// <summary>A folder with a recipe, a cache of its own, and the tool to run on it.</summary>
internal sealed partial class RecipeProject : IDisposable
{
    private readonly TempDirectory directory = new();
    private string model = ShallowModel.Of("tiny-opt");

    public RecipeProject(string artifacts) => Write(artifacts);

    public string Models => directory["models"];

    public string Cache => directory["cache"];

    public string LockFile => directory["pruning.lock.json"];

    public string this[string name] => directory[name];

    /// <summary>Writes the recipe.</summary>
    public void Write(string artifacts, int samples = 4) => File.WriteAllText(directory["pruning.yaml"], $$"""
        version: 1
        model: {{model}}
        calibration:
          text: {{Repository.Text("sample-calibration.txt")}}
          samples: {{samples}}
        artifacts:
        {{artifacts}}
        """);

    /// <summary>Names the whole model, rather than its first two layers, in what is written from now on: for builds
    /// that are stopped on their way.</summary>
    public void UseWholeModel() => model = Repository.Model("tiny-opt");

    /// <summary>Runs a command on the recipe to its end.</summary>
    public ToolRun Run(string command, params string[] options)
        => ToolRun.Of(Arguments(command, Models, options));

    /// <summary>Starts a build.</summary>
    public Process Start(string? models = null) => ToolProcess.Start(Arguments("build", models ?? Models, []));

    /// <summary>The command line of a command on the recipe.</summary>
    public string[] Arguments(string command, params string[] options) => Arguments(command, Models, options);

    private string[] Arguments(string command, string models, string[] options) =>
        [.. command.Split(' '), directory["pruning.yaml"], "--output", models, .. options.Contains("--cache")
            ? []
            : (string[])["--cache", Cache], .. options];

    /// <summary>The bytes of every file of an artifact, by name; times and memory that were measured are left
    /// out.</summary>
    public static Dictionary<string, string> Digests(string artifact) =>
        Directory.EnumerateFiles(artifact, "*", SearchOption.AllDirectories).ToDictionary(
            path => Path.GetRelativePath(artifact, path),
            path => Convert.ToHexString(SHA256.HashData(Timeless(path))));

    private static byte[] Timeless(string path) => Path.GetExtension(path) is ".json" or ".md" or ".html"
        ? System.Text.Encoding.UTF8.GetBytes(Measured().Replace(File.ReadAllText(path), "time"))
        : File.ReadAllBytes(path);

    /// <summary>Temporary files that a build has left behind.</summary>
    public IEnumerable<string> Leftovers() =>
        Directory.EnumerateFileSystemEntries(directory.Path, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is { } name
                && (name.Contains(".sparsellm-", StringComparison.Ordinal)
                    || name.EndsWith(".tmp", StringComparison.Ordinal)
                    || name == ".layer"));

    public void Dispose() => directory.Dispose();

    [GeneratedRegex("\"(seconds|peakMemory)\": [0-9.E+-]+|[0-9.]+ (s|[KMG]iB)\\b")]
    private static partial Regex Measured();
}
