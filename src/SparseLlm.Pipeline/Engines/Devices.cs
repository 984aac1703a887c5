using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Cache;

namespace SparseLlm.Pipeline.Engines;

/// <summary>The devices that a user can name, and the engines that compute on them.</summary>
public static class Devices
{
    /// <summary>The names: <c>auto</c> chooses the best that is there.</summary>
    public static IReadOnlyList<string> Names { get; } = ["auto", "cpu", "cuda"];

    /// <summary>The engine for a device. A worker process is not started before there is something to compute.</summary>
    /// <param name="device">One of <see cref="Names"/>.</param>
    /// <param name="threads">Threads of an engine that computes on the processor; null for one per core.</param>
    /// <param name="cache">Where finished steps are kept.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The device is not available.</exception>
    public static IEngine Open(string device, int? threads, BuildCache cache) => device switch
    {
        "auto" or "cpu" => new LocalEngine(new CpuBackend(threads), cache),
        _ => throw PipelineDiagnostics.DeviceUnavailable.Error(null, $"the device '{device}' is not available in this version; use cpu or auto"),
    };
}
