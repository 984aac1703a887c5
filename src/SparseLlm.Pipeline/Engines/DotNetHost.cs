using System.Runtime.InteropServices;

namespace SparseLlm.Pipeline.Engines;

/// <summary>The <c>dotnet</c> that this process runs on, wherever PATH leads.</summary>
internal static class DotNetHost
{
    /// <summary>Its path; the mere name where the runtime is not in an installation of .NET.</summary>
    public static string Path { get; } = Find();

    /// <summary>The runtime stands in <c>shared/Microsoft.NETCore.App/VERSION</c> below the folder that has the host.</summary>
    private static string Find()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string path = System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(path) ? path : name;
    }
}
