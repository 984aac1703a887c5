using System.Diagnostics;
using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary>The tool as a user runs it: a process of its own.</summary>
internal sealed record ToolProcess(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs the tool to its end.</summary>
    public static ToolProcess Run(params string[] arguments) => Complete(Start(arguments));

    /// <summary>Runs the tool to its end in a folder, with a cache.</summary>
    public static ToolProcess RunIn(string directory, string cache, params string[] arguments) => Complete(Start(arguments, directory, cache));

    private static ToolProcess Complete(Process started)
    {
        using Process process = started;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ToolProcess(process.ExitCode, output, error.Result);
    }

    /// <summary>Starts the tool.</summary>
    public static Process Start(params string[] arguments) => Start(arguments, directory: null, "off");

    private static Process Start(string[] arguments, string? directory, string cache)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };

        // Tests of the cache name one; the others must not find what an earlier run has made.
        start.Environment["SPARSELLM_CACHE"] = cache;
        return Process.Start(start)!;
    }
}
