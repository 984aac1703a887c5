using System.Runtime.InteropServices;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines;

/// <summary>A kind of engine that can be installed beside the tool. All of them compute with TorchSharp, in a worker
/// process.</summary>
/// <param name="Name">What users call it, and the device that it computes on.</param>
/// <param name="TorchDevice">What libtorch calls the device, with <c>{device}</c> for its number.</param>
/// <param name="Package">The package with TorchSharp and libtorch for this system; null where there is none.</param>
internal sealed record EngineKind(string Name, string TorchDevice, string? Package)
{
    /// <summary>libtorch on an Nvidia GPU.</summary>
    public static EngineKind Cuda { get; } = new(
        DeviceNames.Cuda, "cuda:{device}", System switch
        {
            "linux-x64" => "TorchSharp-cuda-linux",
            "win-x64"
            => "TorchSharp-cuda-windows",
            _ => null
        });

    /// <summary>libtorch on the processor: to find out whether a difference comes from libtorch or from the
    /// GPU.</summary>
    public static EngineKind CpuTorch { get; } = new(
        DeviceNames.CpuTorch, "cpu", System is "linux-x64" or "osx-arm64" or "win-arm64" or "win-x64"
            ? "TorchSharp-cpu"
            : null);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<EngineKind> All { get; } = [CpuTorch, Cuda];

    /// <summary>This system as packages name it: a .NET that a distribution has built calls it by its own name, such as
    /// <c>ubuntu.24.04-x64</c>.</summary>
    public static string System
    {
        get
        {
            string own = RuntimeInformation.RuntimeIdentifier;
            bool isMusl = own.Contains("musl", StringComparison.Ordinal)
                || own.StartsWith("alpine", StringComparison.Ordinal);
            string system = OperatingSystem.IsWindows()
                ? "win"
                : OperatingSystem.IsMacOS() ? "osx" : isMusl ? "linux-musl" : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }
}
