using SparseLlm.Models.Checkpoints;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Engines.Worker;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines;

/// <summary>The engines that compute on the devices that a user can name.</summary>
internal static class Devices
{
    private const int MostThreadsPerProcessor = 8;

    /// <summary>The engine for a device. A worker process is not started before there is something to
    /// compute.</summary>
    /// <param name="choice">What is asked for.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The engine is not installed, or does not have what is asked
    /// for.</exception>
    public static IEngine Open(EngineChoice choice) => Find(choice) switch
    {
        { } engine => new WorkerEngine(engine, choice with { Threads = Sensible(choice.Threads) }),
        null => new LocalEngine(new CpuBackend(Sensible(choice.Threads))),
    };

    /// <summary>
    /// The engine that measures a model. A packed one is measured as it will run: through the kernels that multiply its
    /// matrices as they are stored. Only an engine that was asked for by name unpacks it, layer by layer.
    /// </summary>
    /// <param name="model">The model's directory.</param>
    /// <param name="choice">What is asked for.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The engine is not installed, does not have what is asked for,
    /// or it cannot be told whether the model is packed.</exception>
    public static IEngine OpenToMeasure(string model, EngineChoice choice)
    {
        RequireSupported(choice);
        return choice.Device is DeviceNames.Auto or DeviceNames.Cpu && Checkpoint.IsPackedIn(model)
            ? LocalEngine.AsStored(new CpuBackend(Sensible(choice.Threads)))
            : Open(choice);
    }

    /// <summary>More threads than the processors can run wait for each other, in the end for ever. Results are the same
    /// with any number.</summary>
    public static int? Sensible(int? threads)
        => threads is { } asked ? Math.Min(asked, MostThreadsPerProcessor * Environment.ProcessorCount) : null;

    /// <summary>The installed engine that is asked for; null for the one that is built in.</summary>
    private static InstalledEngine? Find(EngineChoice choice)
    {
        RequireSupported(choice);
        return Find(choice.Device);
    }

    /// <summary>Who names the built-in engine must not ask for what it does not have; who leaves the choice to the tool
    /// takes what is there.</summary>
    private static void RequireSupported(EngineChoice choice)
    {
        string? problem =
            choice.UnsupportedPrecision is { } precision
                ? $"{precision}; add --precision exact, or choose another device by --device cuda"
                : choice.UnsupportedDevices is { } devices
                ? $"{devices}; add --devices 0, or choose another device by --device cuda"
                : null;
        if (problem is not null)
        {
            throw PipelineDiagnostics.EngineSettingUnsupported.Error(null, problem);
        }
    }

    private static InstalledEngine? Find(string device) => device switch
    {
        DeviceNames.Cpu => null,
        DeviceNames.Auto => InstalledEngines.Find(EngineKind.Cuda.Name) is { IsOfThisTool: true } cuda
            && GraphicsProcessors.ArePresent() ? cuda : null,
        _ => InstalledEngines.Require(device),
    };
}
