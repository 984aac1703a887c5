using SparseLlm.Models.Checkpoints;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Engines.Worker;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines;

/// <summary>The engines that compute on the devices that a user can name.</summary>
public static class Devices
{
    private const int MostThreadsPerProcessor = 8;

    /// <summary>The engine for a device. A worker process is not started before there is something to compute.</summary>
    /// <param name="device">One of <see cref="DeviceNames.All"/>.</param>
    /// <param name="threads">Threads of an engine that computes on the processor; null for one per core.</param>
    /// <param name="cache">Where finished steps are kept.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The engine is not installed.</exception>
    public static IEngine Open(string device, int? threads, BuildCache cache) => Choose(device) switch
    {
        { } engine => new WorkerEngine(engine, Sensible(threads), cache),
        null => new LocalEngine(new CpuBackend(Sensible(threads)), cache),
    };

    /// <summary>
    /// The engine that measures a model. A packed one is measured as it will run: through the kernels that multiply its matrices as they are stored. Only an engine that was asked for by name
    /// unpacks it, layer by layer.
    /// </summary>
    /// <param name="model">The model's directory.</param>
    /// <param name="device">One of <see cref="DeviceNames.All"/>.</param>
    /// <param name="threads">Threads of an engine that computes on the processor; null for one per core.</param>
    /// <param name="cache">Where finished steps are kept.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The engine is not installed, or it cannot be told whether the model is packed.</exception>
    public static IEngine OpenToMeasure(string model, string device, int? threads, BuildCache cache) =>
        device is DeviceNames.Auto or DeviceNames.Cpu && Checkpoint.IsPackedIn(model)
            ? LocalEngine.AsStored(new CpuBackend(Sensible(threads)), cache)
            : Open(device, threads, cache);

    /// <summary>More threads than the processors can run wait for each other, in the end for ever. Results are the same with any number.</summary>
    public static int? Sensible(int? threads) => threads is { } asked ? Math.Min(asked, MostThreadsPerProcessor * Environment.ProcessorCount) : null;

    /// <summary>The installed engine for a device; null for the one that is built in.</summary>
    private static InstalledEngine? Choose(string device) => device switch
    {
        DeviceNames.Cpu => null,
        DeviceNames.Auto => InstalledEngines.Find(EngineKind.Cuda.Name) is { IsOfThisTool: true } cuda && GraphicsProcessors.ArePresent() ? cuda : null,
        _ => InstalledEngines.Require(device),
    };
}
