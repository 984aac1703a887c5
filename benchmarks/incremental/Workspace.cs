using System.Diagnostics;
using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary>A folder to work in, with a cache of its own, and the tool.</summary>
internal sealed class Workspace : IDisposable
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private readonly string root;

    public Workspace(string directory)
    {
        root = Directory.CreateDirectory(Path.Combine(directory, $"sparsellm-incremental-{Environment.ProcessId}"))
            .FullName;
    }

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
        return Process.Start(start)!;
    }
}
