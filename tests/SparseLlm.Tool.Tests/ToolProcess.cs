using System.Diagnostics;
using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary>The tool as a user runs it: a process of its own.</summary>
internal sealed record ToolProcess(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs the tool to its end.</summary>
    public static ToolProcess Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ToolProcess(process.ExitCode, output, error.Result);
    }

    /// <summary>Starts the tool.</summary>
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Tests of the cache name one; the others must not find what an earlier run has made.
        start.Environment["SPARSELLM_CACHE"] = "off";
        return Process.Start(start)!;
    }
}
