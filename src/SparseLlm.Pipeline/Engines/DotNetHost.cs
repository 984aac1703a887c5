using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SparseLlm.Pipeline.Engines;

/// <summary>The <c>dotnet</c> that this process runs on, wherever PATH leads.</summary>
internal static class DotNetHost
{
    /// <summary>Its path; the mere name where the runtime is not in an installation of .NET.</summary>
    public static string Path { get; } = Find();

    /// <summary>A command of the SDK, to be started in a folder with its output redirected.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="arguments">What follows <c>dotnet</c>.</param>
    public static ProcessStartInfo Command(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };

        // A build that starts the tool has settings that are not for this one.
        foreach (string name in start.Environment.Keys
            .Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase))
            .ToArray())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    /// <summary>The runtime stands in <c>shared/Microsoft.NETCore.App/VERSION</c> below the folder that has the
    /// host.</summary>
    private static string Find()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string path = System.IO.Path
            .GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(path) ? path : name;
    }
}
