using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Inspection;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm doctor</c>: what this machine has, and what to do about what it lacks.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<string?> cache = CommandAction.Cache();
        Option<bool> json = CommandAction.Json();
        var command = new Command(
            "doctor",
            "Show what this machine has for pruning: runtime, processor, memory, caches, the hub, GPUs, engines.")
        {
            cache,
            json,
        };
        command.SetWork((arguments, _) =>
        {
            BuildCache opened = CommandAction.OpenCache(arguments.GetValue(cache));
            using IEngine builtIn = Devices.Open(new EngineChoice(DeviceNames.Cpu));
            MachineInspection machine = MachineInspection.Of(opened, builtIn.NumericsClass);
            new Terminal(arguments.GetValue(json)).Result(machine, console => Show(machine, console));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("doctor", "What pruning finds on this machine."),
            new("doctor --cache /data/cache", "The same with a cache elsewhere."),
        ]);
    }

    private static void Show(MachineInspection machine, TextOutput console)
    {
        var pairs = new List<(string, string)>();
        Add("tool", machine.Tool);
        Add("runtime", $"{machine.Runtime} on {machine.OperatingSystem}, {machine.Architecture}");
        Add("SDK", machine.Sdk ?? "not found: 'dotnet build' needs the .NET SDK; the tool itself does not");
        Add("processor", string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Processors} threads, {string.Join(", ", machine.CpuFeatures)}"));
        Add(
            "memory",
            string.Create(CultureInfo.InvariantCulture, $"{machine.AvailableMemory / 1e9:0.0} GB for this process"));
        Add("cache", machine.Cache is { } folder
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{folder}, {machine.CacheBytes / 1e6:0.0} MB, {machine.CacheFreeBytes / 1e9:0.0} GB free")
            : "off");
        Add("remote cache", machine.RemoteCache is { } remote
            ? $"{remote}, {(machine.RemoteCacheIsWritten ? "read and written" : "read only")}"
            : machine.Cache is null ? "off: it works through the cache" : "none; SPARSELLM_REMOTE_CACHE names one");
        Add("hub", DescribeHub(machine.Hub));
        Add("GPU", machine.Graphics switch
        {
            { Processors: [] } and { Driver: { } driver } => $"none found, though there is driver {driver}",
            { Processors: [] } => "none found",
            var graphics => string.Join(", ", graphics.Processors.Select(Describe)) + $", driver {graphics.Driver}"
                + (graphics.Cuda is { } cuda ? $", CUDA up to {cuda}" : ""),
        });
        foreach ((int index, string engine) in machine.Engines.Index())
        {
            Add(index == 0 ? "engines" : "", engine);
        }

        console.WritePairs(pairs);
        foreach (string advice in machine.Advice)
        {
            console.WriteLine($"! {advice}");
        }

        static string DescribeHub(HubInspection hub) => hub.Inventory is not { } inventory
            ? "not known: see below"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{hub.Endpoint}{(hub.IsOffline ? ", offline" : "")}, "
                + $"{(hub.TokenSource is { } source ? $"token from {source}" : "no token")}, cache {hub.Cache}, with "
                + $"{inventory.Models} models and {inventory.Datasets} data sets "
                + $"in {ByteSize.Format(inventory.Bytes)}");

        static string Describe(GraphicsProcessor processor) =>
            processor.Memory is { } bytes
                ? string.Create(CultureInfo.InvariantCulture, $"{processor.Name} ({bytes / 1e9:0.0} GB)")
                : processor.Name;

        void Add(string name, string value) => pairs.Add((name, value));
    }
}
