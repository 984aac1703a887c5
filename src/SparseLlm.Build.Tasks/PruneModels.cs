using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace SparseLlm.Build.Tasks;

/// <summary>
/// Starts <c>dotnet sparsellm build</c> for one recipe. The engine runs out of process and prints its diagnostics in
/// MSBuild's canonical format, so that they arrive here as errors and warnings with file, line, column and code.
/// </summary>
public sealed class PruneModels : ToolTask
{
    private const int Interrupt = 2;
    private const string NoCache = "off";

    private readonly object processLock = new();
    private Process? process;
    private Timer? killTimer;
    private bool isCancelled;

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

    /// <summary>Path, without extension, of the lists of inputs, outputs and artifacts that a successful run writes.</summary>
    [Required]
    public string Manifest { get; set; } = "";

    /// <summary>Names of the artifacts to make; none for all of the recipe.</summary>
    public string[] Artifacts { get; set; } = [];

    /// <summary>The device to compute on (auto, cpu, cpu-torch or cuda); empty for the tool's default.</summary>
    public string Device { get; set; } = "";

    /// <summary>The folder of the cache, or <c>off</c>; empty for the tool's default.</summary>
    public string CachePath { get; set; } = "";

    /// <summary>What to do where an artifact would have to be computed (build, warn or error); empty for the tool's default.</summary>
    public string OnCacheMiss { get; set; } = "";

    /// <summary>Whether inputs and artifacts are held against the recipe's lock file.</summary>
    public bool IsLocked { get; set; }

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
            return base.Execute();
        }
        finally
        {
            killTimer?.Dispose();
        }
    }

    /// <summary>
    /// Asks the tool to save its work and stop, and kills it if it has not stopped after <see cref="GracePeriod"/>.
    /// Windows has no way of asking that would leave the console of the build alone; there the tool is killed at once, and
    /// the next run takes up from the last decoder layer that it stored.
    /// </summary>
    public override void Cancel()
    {
        lock (processLock)
        {
            isCancelled = true;
            bool isAsked = process is { HasExited: false }
                && !RuntimeInformation.IsOSPlatform(OSPlatform.Windows)
                && SendSignal(process.Id, Interrupt) == 0;
            if (isAsked)
                killTimer = new Timer(_ => base.Cancel(), null, GracePeriod, System.Threading.Timeout.Infinite);
            else
                base.Cancel();
        }
    }

    /// <inheritdoc />
    protected override string GenerateFullPathToTool() => DotNet;

    /// <inheritdoc />
    protected override bool ValidateParameters()
    {
        if (!File.Exists(Program))
        {
            LogError("SLM5101", "The pruning tool '{0}' does not exist. Restore the package SparseLlm.Build again, or correct SparseLlmToolPath.", Program);
            return false;
        }

        if (FileVersionInfo.GetVersionInfo(Program).ProductVersion is { } version && !PackageVersion.Fits(version))
        {
            LogError(
                "SLM5105",
                "The pruning tool '{0}' has version {1}, and the package SparseLlm.Build {2}: they do not fit. Let SparseLlmToolPath name a tool whose major and minor version are the same, or remove it to use the package's own.",
                Program, PackageVersion.WithoutMetadata(version), PackageVersion.Current);
            return false;
        }

        WarnOfOtherManifest();
        return base.ValidateParameters();
    }

    private void WarnOfOtherManifest()
    {
        if (ToolManifest.Find(Path.GetDirectoryName(Path.GetFullPath(Recipe))!) is not { } manifest || PackageVersion.Fits(manifest.Version))
            return;
        Log.LogWarning(
            null, "SLM5106", null, manifest.FilePath, 0, 0, 0, 0,
            "'dotnet sparsellm' has version {0} here, and the package SparseLlm.Build {1}: the same recipe may give other results on the command line than in a build. Give both the same version.",
            manifest.Version, PackageVersion.Current);
    }

    private void LogError(string code, string message, params object[] arguments) =>
        Log.LogError(null, code, null, null, 0, 0, 0, 0, message, arguments);

    /// <inheritdoc />
    protected override string GenerateCommandLineCommands()
    {
        var commandLine = new CommandLineBuilder();
        commandLine.AppendFileNameIfNotNull(Program);
        commandLine.AppendSwitch("build");
        commandLine.AppendFileNameIfNotNull(Recipe);
        // A path that ends in a backslash would escape the quote after it.
        commandLine.AppendSwitchIfNotNull("--output ", Path.GetFullPath(OutputDirectory).TrimEnd('/', '\\'));
        commandLine.AppendSwitchIfNotNull("--manifest ", Path.GetFullPath(Manifest));
        foreach (string artifact in Artifacts)
            commandLine.AppendSwitchIfNotNull("--artifact ", artifact);
        if (Device.Length > 0)
            commandLine.AppendSwitchIfNotNull("--device ", Device);
        if (CachePath.Length > 0)
            commandLine.AppendSwitchIfNotNull("--cache ", CachePath == NoCache ? NoCache : Path.GetFullPath(CachePath).TrimEnd('/', '\\'));
        if (OnCacheMiss.Length > 0)
            commandLine.AppendSwitchIfNotNull("--on-cache-miss ", OnCacheMiss);
        if (IsLocked)
            commandLine.AppendSwitch("--locked");
        return commandLine.ToString();
    }

    /// <inheritdoc />
    protected override Process StartToolProcess(Process proc)
    {
        lock (processLock)
            return process = base.StartToolProcess(proc);
    }

    /// <inheritdoc />
    protected override bool HandleTaskExecutionErrors() => !isCancelled && base.HandleTaskExecutionErrors();

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int processId, int signal);
}
