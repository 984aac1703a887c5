using System.Reflection;
using NuGet.Versioning;

namespace SparseLlm.Pipeline;

/// <summary>The version of the running tool.</summary>
internal static class ToolVersion
{
    /// <summary>As NuGet knows it, without build metadata.</summary>
    public static NuGetVersion Current { get; } = NuGetVersion.Parse(
        typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion
            .Split('+')[0]);
}
