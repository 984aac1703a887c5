using SparseLlm.Numerics;

namespace SparseLlm.Recipes;

/// <summary>What computes, as a recipe, a project or a command line asks for it.</summary>
/// <param name="Device">One of <see cref="DeviceNames.All"/>.</param>
public sealed record EngineChoice(string Device = DeviceNames.Auto)
{
    /// <summary>How products in single precision are computed, by an engine that has a choice.</summary>
    public Precision Precision { get; init; }

    /// <summary>The GPUs to compute with.</summary>
    public DeviceNumbers Devices { get; init; } = DeviceNumbers.First;

    /// <summary>Threads to compute with; null for one per processor.</summary>
    public int? Threads { get; init; }

    /// <summary>Why the engine, which is named, does not have the precision; null where it does, or where the tool
    /// chooses one.</summary>
    public string? UnsupportedPrecision =>
        Device == DeviceNames.Cpu && Precision == Precision.Fast
            ? "the built-in engine (device cpu) computes exactly, and 'fast' is asked for"
            : null;

    /// <summary>Why the engine, which is named, has no such GPUs; null where it may, or where the tool chooses
    /// one.</summary>
    public string? UnsupportedDevices =>
        Device is DeviceNames.Cpu or DeviceNames.CpuTorch && Devices != DeviceNumbers.First
            ? $"device {Device} computes on the processor, and GPUs are asked for (devices {Devices})"
            : null;
}
