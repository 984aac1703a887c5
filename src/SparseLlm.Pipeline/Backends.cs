using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Pipeline;

/// <summary>The backends that a user can name.</summary>
public static class Backends
{
    /// <summary>The names: <c>auto</c> chooses the best that is there.</summary>
    public static IReadOnlyList<string> Names { get; } = ["auto", "cpu", "cuda"];

    /// <summary>Starts a backend.</summary>
    /// <param name="device">One of <see cref="Names"/>.</param>
    /// <param name="threads">Threads of the CPU backend; null for one per core.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The device is not available.</exception>
    public static IBackend Create(string device, int? threads = null) => device switch
    {
        "auto" or "cpu" => new CpuBackend(threads),
        _ => throw PipelineDiagnostics.DeviceUnavailable.Error(null, $"the device '{device}' is not available in this version; use cpu or auto"),
    };
}
