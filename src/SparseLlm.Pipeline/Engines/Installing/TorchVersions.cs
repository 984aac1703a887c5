using System.Reflection;
using NuGet.Versioning;

namespace SparseLlm.Pipeline.Engines.Installing;

/// <summary>The versions that this version of the tool was built for, of those that Directory.Packages.props
/// names.</summary>
internal static class TorchVersions
{
    /// <summary>That of TorchSharp.</summary>
    public static NuGetVersion TorchSharp { get; } = Read("TorchSharpVersion");

    /// <summary>That of the libtorch which goes with it.</summary>
    public static NuGetVersion LibTorch { get; } = Read("LibTorchVersion");

    private static NuGetVersion Read(string name) =>
        NuGetVersion.Parse(typeof(TorchVersions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == name)
            .Value!);
}
