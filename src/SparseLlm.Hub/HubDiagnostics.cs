using SparseLlm.Diagnostics;

namespace SparseLlm.Hub;

/// <summary>The diagnostics of the hub and its cache.</summary>
public static class HubDiagnostics
{
    /// <summary>Something that begins with <c>hf://</c> is no address.</summary>
    public static readonly DiagnosticDescriptor Address = new("SLM6001", "an address on the hub is not valid");

    /// <summary>A variable of the environment makes no sense.</summary>
    public static readonly DiagnosticDescriptor Configuration = new("SLM6002", "the hub is not configured correctly");

    /// <summary>There is no such repository, or it is private: the hub does not tell.</summary>
    public static readonly DiagnosticDescriptor RepositoryNotFound = new(
        "SLM6003",
        "a repository is not on the hub, or private");

    /// <summary>A licence has to be accepted first.</summary>
    public static readonly DiagnosticDescriptor Gated = new("SLM6004", "a repository is gated");

    /// <summary>The repository has no such branch, tag or commit.</summary>
    public static readonly DiagnosticDescriptor RevisionNotFound = new("SLM6005", "a repository has no such revision");

    /// <summary>The repository has no such file.</summary>
    public static readonly DiagnosticDescriptor FileNotFound = new("SLM6006", "a repository has no such file");

    /// <summary>The hub does not take the token.</summary>
    public static readonly DiagnosticDescriptor TokenRefused = new("SLM6007", "the hub refuses the token");

    /// <summary>The hub has had too many requests.</summary>
    public static readonly DiagnosticDescriptor TooManyRequests = new("SLM6008", "the hub has had too many requests");

    /// <summary>The hub does not answer, or has ceased to.</summary>
    public static readonly DiagnosticDescriptor Unreachable = new("SLM6009", "the hub cannot be reached");

    /// <summary>Something is not in the cache, and nobody may be asked.</summary>
    public static readonly DiagnosticDescriptor Offline = new("SLM6010", "something of the hub is not in the cache");

    /// <summary>What came has another digest than it should.</summary>
    public static readonly DiagnosticDescriptor Damaged = new("SLM6011", "a file is not what the hub says");

    /// <summary>The hub's answer cannot be understood.</summary>
    public static readonly DiagnosticDescriptor Senseless = new("SLM6012", "the hub's answer is not understood");

    /// <summary>The cache cannot be read or written.</summary>
    public static readonly DiagnosticDescriptor CacheUnusable = new("SLM6013", "the hub's cache cannot be used");

    /// <summary>There is not enough space for what is to be brought.</summary>
    public static readonly DiagnosticDescriptor NoSpace = new("SLM6014", "there is no space left for a download");

    /// <summary>A repository has another name now.</summary>
    public static readonly DiagnosticDescriptor Renamed = new(
        "SLM6015",
        "a repository has been renamed",
        Severity.Note);

    /// <summary>Another process is bringing the same file.</summary>
    public static readonly DiagnosticDescriptor Waiting = new(
        "SLM6016",
        "another process downloads the same file",
        Severity.Note);

    /// <summary>A file came with another digest, and is fetched again.</summary>
    public static readonly DiagnosticDescriptor DamagedOnce = new(
        "SLM6017",
        "a file came damaged and is fetched again",
        Severity.Note);

    /// <summary>The hub wants to be left alone for a while.</summary>
    public static readonly DiagnosticDescriptor Paused = new("SLM6018", "the hub asks to wait", Severity.Note);

    /// <summary>A transfer has stopped, and begins again.</summary>
    public static readonly DiagnosticDescriptor Stalled = new(
        "SLM6019",
        "a transfer has stopped and begins again",
        Severity.Note);
}
