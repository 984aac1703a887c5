using System.Diagnostics;
using System.Globalization;
using SparseLlm.Pipeline;
using SparseLlm.Pipeline.Engines.Installed;

namespace SparseLlm.Tool.Tests.Engines;

/// <summary>A folder of engines, in which the test worker can stand, and what became of it.</summary>
internal sealed class EngineFolder : IDisposable
{
    /// <summary>The classes that run commands in this process, one after the other.</summary>
    public const string Turns = "engines of this process";

    private const string Packages = "NUGET_PACKAGES";

    /// <summary>What the test worker computes as.</summary>
    public static readonly string NumericsClass = new Numerics.Cpu.CpuBackend(1).NumericsClass;

    private readonly TempDirectory directory = new();

    public string Path => directory["engines"];

    /// <summary>Where the test worker says that it was started.</summary>
    public string Started => directory["started"];

    /// <summary>The test worker's process; null if there is none.</summary>
    public int? ProcessId => File.Exists(Started)
        && int.TryParse(File.ReadAllText(Started), CultureInfo.InvariantCulture, out int id) ? id : null;

    /// <summary>The environment of a tool that finds the engines here, and of packages none that anything else has
    /// left.</summary>
    public Dictionary<string, string> Environment(string mode = "") => new()
    {
        [InstalledEngines.Variable] = Path,
        [Packages] = directory["packages"],
        ["TEST_WORKER_STARTED"] = Started,
        ["TEST_WORKER"] = mode,
    };

    /// <summary>
    /// Runs a command line in this process, where all that it needs is compiled already. What tells it of the engines
    /// is in the environment, which all of the process shares: classes that run commands here take turns (see
    /// <see cref="Turns"/>).
    /// </summary>
    public ToolRun Run(string mode, params string[] arguments)
    {
        foreach ((string name, string value) in Environment(mode).Where(variable => variable.Key != Packages))
        {
            System.Environment.SetEnvironmentVariable(name, value);
        }

        try
        {
            return ToolRun.Of(arguments);
        }
        finally
        {
            foreach (string name in Environment().Keys.Where(name => name != Packages))
            {
                System.Environment.SetEnvironmentVariable(name, null);
            }
        }
    }

    /// <summary>Installs the test worker.</summary>
    public void Install(
        string name = "cpu-torch",
        string version = "1.2.3",
        string? tool = null,
        string? numericsClass = null,
        string? fastNumericsClass = null,
        bool isKnown = true)
    {
        var engine = new InstalledEngine
        {
            Name = name,
            Version = version,
            Tool = tool ?? ToolVersion.Current.ToNormalizedString(),
            Assembly = System.IO.Path.Combine(AppContext.BaseDirectory, "TestWorker.dll"),
            NumericsClass = isKnown ? numericsClass ?? NumericsClass : null,
            OtherNumericsClasses = fastNumericsClass is null
                ? []
                : new Dictionary<string, string> { ["fast"] = fastNumericsClass },
            Description = isKnown ? "test worker" : null,
            InstalledAt = DateTimeOffset.UnixEpoch,
        };
        engine.Write(Directory.CreateDirectory(System.IO.Path.Combine(Path, name, engine.FolderName)).FullName);
    }

    /// <summary>Waits until the worker's process has ended.</summary>
    public void WaitForEnd()
    {
        try
        {
            using var process = Process.GetProcessById(ProcessId!.Value);
            process.WaitForExit();
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    public void Dispose() => directory.Dispose();
}
