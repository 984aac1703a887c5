using System.Linq;
using System.Reflection;

namespace SparseLlm.Build.Tasks;

/// <summary>The version of the package that this assembly is in, and which others fit it.</summary>
internal static class PackageVersion
{
    /// <summary>As NuGet knows it, without build metadata.</summary>
    public static string Current { get; } = WithoutMetadata(
        typeof(PackageVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            .InformationalVersion);

    /// <summary>Whether a tool of a version fits: major and minor version are the same, and so are command line and
    /// results.</summary>
    public static bool Fits(string version) => Release(version) == Release(Current);

    /// <summary>A version as NuGet knows it.</summary>
    public static string WithoutMetadata(string version) => version.Split('+')[0];

    private static string Release(string version)
        => string.Join(".", WithoutMetadata(version).Split('-')[0].Split('.').Take(2));
}
