using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline;

/// <summary>The diagnostics of running recipes and writing artifacts.</summary>
public static class PipelineDiagnostics
{
    /// <summary>The output directory holds something that is not an artifact.</summary>
    public static readonly DiagnosticDescriptor OutputNotOurs = new(
        "SLM4001",
        "the output directory is not an artifact");

    /// <summary>The disk is full.</summary>
    public static readonly DiagnosticDescriptor NoSpace = new("SLM4002", "there is no space left");

    /// <summary>A gate was missed.</summary>
    public static readonly DiagnosticDescriptor GateMissed = new("SLM4003", "a gate was missed");

    /// <summary>No such artifact in the recipe.</summary>
    public static readonly DiagnosticDescriptor UnknownArtifact = new("SLM4004", "the recipe has no such artifact");

    /// <summary>The device is not available on this machine.</summary>
    public static readonly DiagnosticDescriptor DeviceUnavailable = new("SLM4005", "the device is not available");

    /// <summary>A file or directory cannot be written or read.</summary>
    public static readonly DiagnosticDescriptor InputOutput = new("SLM4006", "a file cannot be read or written");

    /// <summary>Something that is read lies where something is written.</summary>
    public static readonly DiagnosticDescriptor OutputOverlapsInput = new(
        "SLM4007",
        "an output overlaps an input");

    /// <summary>A computation did not succeed at first, and a fallback was used.</summary>
    public static readonly DiagnosticDescriptor NumericalFallback = new(
        "SLM4008",
        "a numerical problem was worked around",
        Severity.Note);

    /// <summary>A file was read in two states.</summary>
    public static readonly DiagnosticDescriptor InputChanged = new("SLM4009", "a file has changed while it was read");

    /// <summary>A locked build without a lock file, or of an artifact that it does not know.</summary>
    public static readonly DiagnosticDescriptor LockMissing = new("SLM4010", "an artifact is not locked");

    /// <summary>A locked build whose inputs or results are not those of the lock file.</summary>
    public static readonly DiagnosticDescriptor LockMoved = new(
        "SLM4011",
        "an input or a result differs from the lock file");

    /// <summary>A lock file that cannot be understood.</summary>
    public static readonly DiagnosticDescriptor LockUnreadable = new("SLM4012", "the lock file cannot be read");

    /// <summary>An artifact is not in the cache, where that is asked for.</summary>
    public static readonly DiagnosticDescriptor NotInCache = new("SLM4013", "an artifact is not in the cache");

    /// <summary>As <see cref="NotInCache"/>, where computing it is allowed.</summary>
    public static readonly DiagnosticDescriptor NotInCacheWarning = new(
        "SLM4014",
        "an artifact has to be computed",
        Severity.Warning);

    /// <summary>The lock file cannot be read or written by a build that would renew it.</summary>
    public static readonly DiagnosticDescriptor LockTrouble = new(
        "SLM4015",
        "the lock file could not be renewed",
        Severity.Warning);

    /// <summary>A gate that no result can meet.</summary>
    public static readonly DiagnosticDescriptor GateImpossible = new("SLM4046", "a gate cannot be met");

    /// <summary>An entry of the cache is damaged.</summary>
    public static readonly DiagnosticDescriptor CacheEntryDamaged = new(
        "SLM4020",
        "an entry of the cache is damaged",
        Severity.Note);

    /// <summary>The cache cannot be written.</summary>
    public static readonly DiagnosticDescriptor CacheUnusable = new(
        "SLM4021",
        "the cache cannot be used",
        Severity.Note);

    /// <summary>A command needs a cache, and caching is turned off.</summary>
    public static readonly DiagnosticDescriptor CacheOff = new("SLM4022", "caching is turned off");

    /// <summary>The remote cache does not answer, or refuses.</summary>
    public static readonly DiagnosticDescriptor RemoteCacheUnavailable = new(
        "SLM4023",
        "the remote cache is not available",
        Severity.Note);

    /// <summary>The remote cache gave something else than what was asked for.</summary>
    public static readonly DiagnosticDescriptor RemoteCacheDamaged = new(
        "SLM4024",
        "an entry of the remote cache is damaged",
        Severity.Note);

    /// <summary>The environment names a remote cache that makes no sense.</summary>
    public static readonly DiagnosticDescriptor RemoteCacheConfiguration = new(
        "SLM4025",
        "the remote cache is not configured correctly");

    /// <summary>Credentials stand in the address of the remote cache.</summary>
    public static readonly DiagnosticDescriptor RemoteCacheCredentials = new(
        "SLM4026",
        "an address contains credentials");

    /// <summary>What is named as the cache is the folder of somebody else.</summary>
    public static readonly DiagnosticDescriptor NotACache = new("SLM4027", "the folder is not a cache");

    /// <summary>Two models that are to be compared have different shapes.</summary>
    public static readonly DiagnosticDescriptor ModelsNotComparable = new("SLM4030", "two models cannot be compared");

    /// <summary>An engine is not installed.</summary>
    public static readonly DiagnosticDescriptor EngineMissing = new("SLM4040", "the engine is not installed");

    /// <summary>An engine was installed by another version of the tool, or is not what was installed.</summary>
    public static readonly DiagnosticDescriptor EngineMismatch = new(
        "SLM4041",
        "engine and tool have different versions");

    /// <summary>The worker process of an engine has ended in the middle of its work.</summary>
    public static readonly DiagnosticDescriptor EngineDied = new("SLM4042", "the engine's process has ended");

    /// <summary>An engine could not do its work.</summary>
    public static readonly DiagnosticDescriptor EngineFailed = new("SLM4043", "the engine failed");

    /// <summary>An engine goes on, but not as well as it could.</summary>
    public static readonly DiagnosticDescriptor EngineNotice = new(
        "SLM4045",
        "the engine works around a limit",
        Severity.Note);

    /// <summary>An engine is asked for something that it does not have.</summary>
    public static readonly DiagnosticDescriptor EngineSettingUnsupported = new(
        "SLM4050",
        "the engine does not support a setting");

    /// <summary>An engine could not be installed.</summary>
    public static readonly DiagnosticDescriptor EngineNotInstalled = new("SLM4044", "an engine could not be installed");

    /// <summary>Slurm is asked for, and its commands are not here.</summary>
    public static readonly DiagnosticDescriptor SlurmMissing = new("SLM4060", "Slurm's commands are not installed");

    /// <summary>Slurm does not take a job.</summary>
    public static readonly DiagnosticDescriptor SlurmRefused = new("SLM4061", "Slurm refuses a job");

    /// <summary>A unit of work has failed elsewhere.</summary>
    public static readonly DiagnosticDescriptor UnitFailed = new("SLM4062", "a job has failed");

    /// <summary>A unit of work needs more memory than its job may take.</summary>
    public static readonly DiagnosticDescriptor UnitOutOfMemory = new("SLM4063", "a job ran out of memory");

    /// <summary>A unit of work does not get on within its job's time.</summary>
    public static readonly DiagnosticDescriptor UnitTimedOut = new("SLM4064", "a job's time is too short");

    /// <summary>A unit of work has ended, and its result is not in the cache.</summary>
    public static readonly DiagnosticDescriptor UnitWithoutResult = new("SLM4065", "a job has left no result");

    /// <summary>Slurm's controller does not answer.</summary>
    public static readonly DiagnosticDescriptor SlurmSilent = new("SLM4066", "Slurm does not answer");

    /// <summary>A unit of work is tried again.</summary>
    public static readonly DiagnosticDescriptor UnitRetried = new("SLM4067", "a job is tried again", Severity.Note);

    /// <summary>A node cannot do what units need.</summary>
    public static readonly DiagnosticDescriptor NodeUnfit = new("SLM4068", "a node cannot do the work");

    /// <summary>A recipe that no ConfigMap can hold.</summary>
    public static readonly DiagnosticDescriptor RecipeTooLong = new("SLM4070", "a recipe is too long for Kubernetes");

    /// <summary>A recipe for pods names something of this machine.</summary>
    public static readonly DiagnosticDescriptor InputNotInPods = new(
        "SLM4071",
        "pods may not have an input",
        Severity.Warning);
}
