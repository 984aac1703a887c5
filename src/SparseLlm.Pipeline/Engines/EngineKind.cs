using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines;

/// <summary>A kind of engine that can be installed beside the tool. All of them compute with TorchSharp, in a worker process.</summary>
/// <param name="Name">What users call it, and the device that it computes on.</param>
/// <param name="TorchDevice">What libtorch calls the device.</param>
/// <param name="Package">The package with libtorch for this operating system; null where there is none.</param>
public sealed record EngineKind(string Name, string TorchDevice, string? Package)
{
    /// <summary>libtorch on an Nvidia GPU.</summary>
    public static EngineKind Cuda { get; } = new(
        DeviceNames.Cuda,
        "cuda",
        OperatingSystem.IsLinux() ? "TorchSharp-cuda-linux" : OperatingSystem.IsWindows() ? "TorchSharp-cuda-windows" : null);

    /// <summary>libtorch on the processor: to find out whether a difference comes from libtorch or from the GPU.</summary>
    public static EngineKind CpuTorch { get; } = new(DeviceNames.CpuTorch, "cpu", "TorchSharp-cpu");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<EngineKind> All { get; } = [CpuTorch, Cuda];
}
