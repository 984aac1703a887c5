using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SparseLlm.Tool.Tests;

/// <summary>The tool as a user runs it: a process of its own.</summary>
internal static class ToolProcess
{
    /// <summary>The host by its path: tests change PATH.</summary>
    private static readonly string DotNet = Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(),
        "..",
        "..",
        "..",
        OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    /// <summary>Runs the tool to its end.</summary>
    public static ToolRun Run(params string[] arguments) => Run([], arguments);

    /// <summary>Runs the tool to its end, with environment variables of its own.</summary>
    public static ToolRun Run(Dictionary<string, string> environment, string[] arguments)
        => Complete(Start(environment, arguments));

    /// <summary>Runs the tool to its end behind a pipe.</summary>
    public static ToolRun RunWithInput(string input, params string[] arguments)
    {
        Process process = Start([], arguments, takesInput: true);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return Complete(process);
    }

    /// <summary>Runs the tool to its end in a folder, with a cache.</summary>
    public static ToolRun RunIn(string directory, string cache, params string[] arguments) =>
        Complete(Start(new() { ["SPARSELLM_CACHE"] = cache }, arguments, directory));

    /// <summary>Starts the tool.</summary>
    public static Process Start(params string[] arguments) => Start([], arguments);

    /// <summary>Starts the tool, with environment variables of its own.</summary>
    public static Process Start(
        Dictionary<string, string> environment,
        string[] arguments,
        string directory = "",
        bool takesInput = false)
    {
        var start = new ProcessStartInfo(
            DotNet,
            [Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = takesInput,
            WorkingDirectory = directory,
        };

        // Tests of the cache name one; the others must not find what an earlier run has made.
        start.Environment["SPARSELLM_CACHE"] = "off";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static ToolRun Complete(Process started)
    {
        using Process process = started;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ToolRun(process.ExitCode, output, error.Result);
    }
}
