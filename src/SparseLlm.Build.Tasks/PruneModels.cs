using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.IO.Pipes;
using System.Text;
using System.Threading;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace SparseLlm.Build.Tasks;

/// <summary>
/// Starts <c>dotnet sparsellm build</c> for one recipe. The engine runs out of process and prints its diagnostics in
/// MSBuild's canonical format, so that they arrive here as errors and warnings with file, line, column and code. Where
/// it ends without one, this says so.
/// </summary>
public sealed class PruneModels : ToolTask
{
    private const string NoCache = "off";
    private const string Lifeline = "SPARSELLM_LIFELINE";
    private const string Warn = "warn";

    private readonly object gate = new();
    private AnonymousPipeServerStream? lifeline;
    private Timer? killTimer;
    private bool isCancelled;
    private bool hasSaidWhy;
    private string? lastWords;

    /// <summary>The <c>dotnet</c> host: a full path, or a name to find on the PATH.</summary>
    [Required]
    public string DotNet { get; set; } = "";

    /// <summary>Path of <c>dotnet-sparsellm.dll</c>.</summary>
    [Required]
    public string Program { get; set; } = "";

    /// <summary>Path of the <c>pruning.yaml</c>.</summary>
    [Required]
    public string Recipe { get; set; } = "";

    /// <summary>The directory that gets one directory for each artifact.</summary>
    [Required]
    public string OutputDirectory { get; set; } = "";

    /// <summary>Path, without extension, of the lists of inputs, outputs and artifacts that a successful run
    /// writes.</summary>
    [Required]
    public string Manifest { get; set; } = "";

    /// <summary>Names of the artifacts to make; none for all of the recipe.</summary>
    public string[] Artifacts { get; set; } = [];

    /// <summary>The device to compute on (auto, cpu, cpu-torch or cuda); empty for the tool's default.</summary>
    public string Device { get; set; } = "";

    /// <summary>How the engine multiplies (exact or fast); empty for the tool's default.</summary>
    public string Precision { get; set; } = "";

    /// <summary>The numbers of the GPUs to compute with; empty for the tool's default.</summary>
    public string Devices { get; set; } = "";

    /// <summary>The folder of the cache, or <c>off</c>; empty for the tool's default.</summary>
    public string CachePath { get; set; } = "";

    /// <summary>What to do where an artifact would have to be computed (build, warn or error); empty for the tool's
    /// default.</summary>
    public string OnCacheMiss { get; set; } = "";

    /// <summary>Where to compute (local or slurm); empty for what the recipe says.</summary>
    public string Executor { get; set; } = "";

    /// <summary>Whether inputs and artifacts are held against the recipe's lock file.</summary>
    public bool IsLocked { get; set; }

    /// <summary>Whether nothing may be downloaded from the hub.</summary>
    public bool IsOffline { get; set; }

    /// <summary>The address of the folder of the pages that explain codes.</summary>
    public string HelpPages { get; set; } = "";

    /// <summary>The recipe again, once the tool was asked: others have warnings of an earlier run to repeat.</summary>
    [Output]
    public string Asked => Recipe;

    /// <summary>Milliseconds that a cancelled tool has to save its work before it is killed.</summary>
    public int GracePeriod { get; set; } = 15_000;

    /// <inheritdoc />
    protected override string ToolName => "dotnet";

    /// <inheritdoc />
    protected override MessageImportance StandardOutputLoggingImportance => MessageImportance.High;

    /// <summary>A line per decoder layer keeps an hour of pruning from looking like a build that hangs.</summary>
    protected override MessageImportance StandardErrorLoggingImportance => MessageImportance.High;

    /// <inheritdoc />
    protected override Encoding StandardOutputEncoding => Encoding.UTF8;

    /// <inheritdoc />
    protected override Encoding StandardErrorEncoding => Encoding.UTF8;

    /// <summary>Does what <see cref="ToolTask.Execute"/> does, and lets other projects build meanwhile.</summary>
    public override bool Execute()
    {
        YieldDuringToolExecution = true;
        try
        {
            // That of an earlier run would speak for one that ends before it has a result.
            File.Delete(Manifest + ".summary");
            return base.Execute();
        }
        finally
        {
            killTimer?.Dispose();
            lifeline?.Dispose();
        }
    }

    /// <summary>Asks the tool to save its work and stop, and kills it if it has not stopped after
    /// <see cref="GracePeriod"/>.</summary>
    public override void Cancel()
    {
        lock (gate)
        {
            isCancelled = true;
            lifeline?.Dispose();
            killTimer = new Timer(
                _ => base.Cancel(),
                null,
                lifeline is null ? 0 : GracePeriod,
                System.Threading.Timeout.Infinite);
        }
    }

    /// <inheritdoc />
    protected override string GenerateFullPathToTool() => DotNet;

    /// <inheritdoc />
    protected override bool ValidateParameters()
    {
        if (!File.Exists(Program))
        {
            LogError("SLM5101", "The pruning tool '{0}' does not exist. Restore the package SparseLlm.Build again, or "
                + "correct SparseLlmToolPath.", Program);
            return false;
        }

        if (FileVersionInfo.GetVersionInfo(Program).ProductVersion is { } version && !PackageVersion.Fits(version))
        {
            LogError(
                "SLM5105",
                "The pruning tool '{0}' has version {1}, and the package SparseLlm.Build {2}: they do not fit. Let "
                + "SparseLlmToolPath name a tool whose major and minor version are the same, or remove it to use the "
                + "package's own.",
                Program, PackageVersion.WithoutMetadata(version), PackageVersion.Current);
            return false;
        }

        ToolManifest.WarnOfOther(Recipe, Log, HelpPages);
        return base.ValidateParameters();
    }

    private void LogError(string code, string message, params object[] arguments) =>
        Log.LogError(null, code, null, HelpPages + code + ".md", null, 0, 0, 0, 0, message, arguments);

    /// <inheritdoc />
    protected override string GenerateCommandLineCommands() => CommandLineText.Of(CommandLine());

    /// <summary>The arguments as they are: the base class makes slashes of backslashes.</summary>
    protected override ProcessStartInfo GetProcessStartInfo(
        string pathToTool,
        string commandLineCommands,
        string responseFileSwitch)
    {
        ProcessStartInfo start = base.GetProcessStartInfo(pathToTool, commandLineCommands, responseFileSwitch);
        start.Arguments = GenerateCommandLineCommands();
        return start;
    }

    private IEnumerable<string> CommandLine()
    {
        yield return Program;
        yield return "build";
        yield return Recipe;
        foreach ((string option, string value) in Options())
        {
            yield return option;
            yield return value;
        }

        // Joined, so that a name is a name, whatever it begins with.
        foreach (string artifact in Artifacts)
        {
            yield return "--artifact=" + artifact;
        }

        if (IsLocked)
        {
            yield return "--locked";
        }

        if (IsOffline)
        {
            yield return "--offline";
        }
    }

    private IEnumerable<(string Option, string Value)> Options()
    {
        yield return ("--output", FullPath(OutputDirectory));
        yield return ("--manifest", Path.GetFullPath(Manifest));
        if (Device.Length > 0)
        {
            yield return ("--device", Device);
        }

        if (Precision.Length > 0)
        {
            yield return ("--precision", Precision);
        }

        if (Devices.Length > 0)
        {
            yield return ("--devices", Devices);
        }

        if (CachePath.Trim() is { Length: > 0 } cache)
        {
            yield return ("--cache", cache.Equals(NoCache, StringComparison.OrdinalIgnoreCase)
                ? NoCache
                : FullPath(cache));
        }

        if (OnCacheMiss.Length > 0)
        {
            yield return ("--on-cache-miss", IsForbidden(OnCacheMiss) ? "error" : OnCacheMiss);
        }

        if (Executor.Length > 0)
        {
            yield return ("--executor", Executor);
        }
    }

    /// <summary>Whether the warning would fail the build: then it fails before an hour is spent, and again until the
    /// artifact is in the cache.</summary>
    private bool IsForbidden(string policy) =>
        policy == Warn && BuildEngine is IBuildEngine8 engine && engine.ShouldTreatWarningAsError("SLM4014");

    private static string FullPath(string path)
    {
        string full = Path.GetFullPath(path);
        return full == Path.GetPathRoot(full)
            ? full
            : full.TrimEnd(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
    }

    /// <summary>
    /// Starts the tool with the end of a pipe that this process alone holds open. Signals that end a build do not reach
    /// its children; the end of the pipe does, however this process ends, and tells the tool that nobody waits for it
    /// any more. It is also how the tool is asked to stop, on every system.
    /// </summary>
    protected override Process StartToolProcess(Process proc)
    {
        lock (gate)
        {
            lifeline = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
            proc.StartInfo.Environment[Lifeline] = lifeline.GetClientHandleAsString();
            Process started = base.StartToolProcess(proc);
            lifeline.DisposeLocalCopyOfClientHandle();
            return started;
        }
    }

    /// <summary>Takes the tool's own errors and warnings for such, and nothing else.</summary>
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        if (ToolMessage.Read(singleLine) is { } message)
        {
            hasSaidWhy |= message.IsError;
            message.LogTo(Log, HelpPages);
            return;
        }

        if (singleLine.Length > 0 && !char.IsWhiteSpace(singleLine[0])
            && !singleLine.EndsWith(":", StringComparison.Ordinal))
        {
            lastWords = singleLine;
        }

        Log.LogMessage(messageImportance, PropertyNames.In(singleLine));
    }

    /// <inheritdoc />
    protected override bool HandleTaskExecutionErrors()
    {
        // A build of which warnings are errors has an exit code of its own for them.
        bool isOfWarnings = ExitCode == -1 && Log.HasLoggedErrors;
        if (!isCancelled && !hasSaidWhy && !isOfWarnings)
        {
            LogError("SLM5107", ToolEnd.Describe(ExitCode, DotNet, lastWords));
        }

        return false;
    }
}
