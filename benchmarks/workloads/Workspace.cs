using System.Diagnostics;

namespace SparseLlm.Benchmarks.Workloads;

/// <summary>A folder to work in, with a cache of its own, and the tool.</summary>
public sealed class Workspace : IDisposable
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private readonly string root;

    /// <summary>Makes the folder.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="benchmark">Names it.</param>
    public Workspace(string directory, string benchmark) => root = Directory.CreateDirectory(
        Path.Combine(directory, $"sparsellm-{benchmark}-{Environment.ProcessId}")).FullName;

    /// <summary>What processes find in their environment beside what they inherit.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>A path in the folder.</summary>
    public string this[string path] => Path.Combine(root, path);

    /// <summary>Runs <c>dotnet</c> to its successful end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public string DotNet(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)}\n{output}{error.Result}");
    }

    /// <summary>Runs the tool to its successful end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public string Sparsellm(params string[] arguments) => DotNet([Tool, .. arguments]);

    /// <summary>Starts the tool.</summary>
    public Process StartSparsellm(params string[] arguments) => Start([Tool, .. arguments]);

    /// <summary>Deletes a folder of the workspace.</summary>
    public void Delete(string path)
    {
        if (Directory.Exists(this[path]))
        {
            Directory.Delete(this[path], recursive: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(root, recursive: true);

    private string Tool => Path.Combine(
        Repository.Root,
        "src",
        "SparseLlm.Tool",
        "bin",
        Configuration,
        "net10.0",
        "dotnet-sparsellm.dll");

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        start.Environment["SPARSELLM_CACHE"] = this["cache"];
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        foreach ((string name, string value) in Variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
