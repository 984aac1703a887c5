using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Worker;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>What a machine has for pruning.</summary>
internal sealed record MachineInspection
{
    private const long LittleSpace = 5_000_000_000;

    /// <summary>Version of this shape.</summary>
    public int FormatVersion { get; init; } = 1;

    /// <summary>Version of the tool.</summary>
    public required string Tool { get; init; }

    /// <summary>The .NET runtime that runs it.</summary>
    public required string Runtime { get; init; }

    /// <summary>The newest .NET SDK beside that runtime, if there is one.</summary>
    public string? Sdk { get; init; }

    /// <summary>The operating system.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>The architecture of the process.</summary>
    public required string Architecture { get; init; }

    /// <summary>Threads that can run at once.</summary>
    public required int Processors { get; init; }

    /// <summary>Instruction sets that the CPU engine makes use of.</summary>
    public required IReadOnlyList<string> CpuFeatures { get; init; }

    /// <summary>Bytes of memory that the process may use.</summary>
    public required long AvailableMemory { get; init; }

    /// <summary>The cache's folder; null where caching is off.</summary>
    public string? Cache { get; init; }

    /// <summary>Bytes in the cache.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Bytes that are free where the cache is.</summary>
    public long CacheFreeBytes { get; init; }

    /// <summary>The address of the remote cache; null where there is none.</summary>
    public string? RemoteCache { get; init; }

    /// <summary>Whether what is stored here is stored in the remote cache too.</summary>
    public bool RemoteCacheIsWritten { get; init; }

    /// <summary>The Hugging Face hub, its cache and the token.</summary>
    public required HubInspection Hub { get; init; }

    /// <summary>The GPUs, and their driver.</summary>
    public required GraphicsProcessors Graphics { get; init; }

    /// <summary>The engines, each in a line: the built-in one with its numerics class, and those that are installed,
    /// and whether they start.</summary>
    public required IReadOnlyList<string> Engines { get; init; }

    /// <summary>What could be better, and how.</summary>
    public required IReadOnlyList<string> Advice { get; init; }

    /// <summary>Looks at this machine.</summary>
    /// <param name="cache">The cache that would be used.</param>
    /// <param name="numericsClass">Of the built-in engine.</param>
    public static MachineInspection Of(BuildCache cache, string numericsClass)
    {
        EngineState[] installed = [.. InstalledEngines.All().Select(EngineState.Of)];
        long free = cache.Directory is { } folder ? FreeSpace(folder) : 0;
        var inspection = new MachineInspection
        {
            Tool = ToolVersion.Current.ToNormalizedString(),
            Runtime = RuntimeInformation.FrameworkDescription,
            Sdk = NewestSdk(),
            OperatingSystem = RuntimeInformation.OSDescription,
            Architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            Processors = Environment.ProcessorCount,
            CpuFeatures = [.. Features()],
            AvailableMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Cache = cache.Directory,
            CacheBytes = cache.Size,
            CacheFreeBytes = free,
            RemoteCache = cache.RemoteAddress?.ToString(),
            RemoteCacheIsWritten = cache.WritesRemote,
            Hub = HubInspection.Of(Environment.GetEnvironmentVariable),
            Graphics = GraphicsProcessors.Find(),
            Engines = [$"cpu ({numericsClass}), built in", .. installed.Select(Describe)],
            Advice = [],
        };
        return inspection with { Advice = [.. Advise(inspection), .. EngineAdvice.Of(inspection.Graphics, installed)] };
    }

    private static string Describe(EngineState state)
    {
        InstalledEngine engine = state.Engine;
        return $"{engine.Name} ({engine.CurrentNumericsClass ?? "numerics not known"}), TorchSharp {engine.Version}: "
            + $"{(state.Starts ? "starts on " : "unusable: ")}{state.Says}";
    }

    private static IEnumerable<string> Advise(MachineInspection machine)
    {
        if (!Vector256.IsHardwareAccelerated
            && RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64)
        {
            yield return "this processor, or the settings of the runtime (DOTNET_EnableAVX2), leave out AVX2: pruning "
                + "will be several times slower";
        }

        if (machine.Hub.Problem is { } problem)
        {
            yield return problem;
        }

        if (machine.Cache is null)
        {
            yield return "the cache is off: a build that is stopped begins anew; unset SPARSELLM_CACHE to turn it on";
        }
        else if (machine.CacheFreeBytes < LittleSpace)
        {
            yield return "there is little space where the cache is: 'dotnet sparsellm cache gc' frees some, "
                + "SPARSELLM_CACHE names another folder";
        }
    }

    private static IEnumerable<string> Features()
    {
        if (Vector512.IsHardwareAccelerated)
        {
            yield return "AVX-512";
        }

        if (Avx2.IsSupported)
        {
            yield return "AVX2";
        }

        if (Fma.IsSupported)
        {
            yield return "FMA";
        }

        if (System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported)
        {
            yield return "NEON";
        }
    }

    /// <summary>SDKs stand in <c>sdk</c> beside the <c>shared</c> folder that the runtime is in.</summary>
    private static string? NewestSdk()
    {
        string runtime = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        string sdks = Path.Combine(runtime, "..", "..", "..", "sdk");
        return Directory.Exists(sdks)
            ? Directory.EnumerateDirectories(sdks)
                .Select(path => NuGet.Versioning.NuGetVersion
                    .TryParse(Path.GetFileName(path), out NuGet.Versioning.NuGetVersion? version) ? version : null)
                .Max()?.ToNormalizedString()
            : null;
    }

    private static long FreeSpace(string folder)
    {
        string? existing = folder;
        while (existing is not null && !Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing);
        }

        return existing is null ? 0 : new DriveInfo(existing).AvailableFreeSpace;
    }
}
