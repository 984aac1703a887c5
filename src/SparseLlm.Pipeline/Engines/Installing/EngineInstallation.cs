using System.ComponentModel;
using System.Diagnostics;
using NuGet.Versioning;
using SparseLlm.Diagnostics;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Worker;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines.Installing;

/// <summary>Publishes an engine into the folder of engines: whole, or not at all.</summary>
/// <param name="kind">What to install.</param>
/// <param name="version">The version of TorchSharp.</param>
/// <param name="sources">Where the packages come from.</param>
/// <param name="output">Told what is being done, and what the SDK says besides the error that counts, line by
/// line.</param>
internal sealed class EngineInstallation(
    EngineKind kind,
    NuGetVersion version,
    EngineSources sources,
    Action<string> output)
{
    private readonly string version = version.ToNormalizedString();

    /// <summary>Installs the engine, in the place of one of the same name and versions.</summary>
    /// <param name="cancellation">Stops; nothing is left.</param>
    /// <returns>The engine; its numerics class is null, and the diagnostic says why, if it does not start on this
    /// machine.</returns>
    /// <exception cref="DiagnosticException">It cannot be installed.</exception>
    public (InstalledEngine Engine, Diagnostic? Trouble) Run(CancellationToken cancellation)
    {
        if (kind.Package is null)
        {
            throw PipelineDiagnostics.EngineNotInstalled.Error(null, $"there is no '{kind.Name}' for "
                + $"{EngineKind.System}, since TorchSharp has no libtorch for it; use device: cpu");
        }

        string parent = InstalledEngines.FolderOf(kind.Name);
        string target = InstalledEngines.FolderOf(kind.Name, version);
        try
        {
            Directory.CreateDirectory(InstalledEngines.Root);
            HiddenFolder.RemoveLeftovers(parent);
            using HiddenFolder staging = HiddenFolder.Create(parent);
            string project = Directory.CreateDirectory(Path.Combine(staging.Path, "project")).FullName;
            string published = Path.Combine(staging.Path, "published");
            var engine = new EngineProject(kind, version, sources);
            engine.Write(project);
            output($"publishing '{kind.Name}' with TorchSharp {version} and {engine.LibTorch.Package} "
                + $"{engine.LibTorch.Version}; what is not in NuGet's folder yet is fetched");
            Publish(project, published, cancellation);
            Accommodate(published);
            Describe(published);
            Replace(target, published, Path.Combine(staging.Path, "old"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.EngineNotInstalled.Error(
                new SourceLocation(InstalledEngines.Root),
                $"{exception.Message.TrimEnd('.')}; {InstalledEngines.Variable} can name another folder",
                exception);
        }
        catch (Win32Exception exception)
        {
            throw PipelineDiagnostics.EngineNotInstalled.Error(
                null,
                $"'{kind.Name}' is published by the .NET SDK, which is not found here: {exception.Message}",
                exception);
        }

        return Greet(target);
    }

    private void Publish(string project, string published, CancellationToken cancellation)
    {
        ProcessStartInfo start = DotNetHost.Command(
            project,
            "publish", EngineProject.FileName,
            "--configuration", "Release",
            "--output", published,
            "--verbosity", "quiet",
            "-p:Platform=AnyCPU",
            "-p:UseSharedCompilation=false",
            "-nodeReuse:false");
        using Process process = Process.Start(start)!;
        var errors = new PublishErrors();
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using (cancellation.Register(() => process.Kill(entireProcessTree: true)))
        {
            process.WaitForExit();
        }

        cancellation.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
        {
            errors.All.Skip(1).ToList().ForEach(output);
            throw PipelineDiagnostics.EngineNotInstalled.Error(
                null, $"'{kind.Name}' could not be published: "
                    + $"{errors.All.FirstOrDefault() ?? $"dotnet publish ended with exit code {process.ExitCode}"}. "
                    + $"Nothing was left half-installed{Remedy(errors.All)}");
        }

        void Take(string? line)
        {
            lock (errors)
            {
                if (!string.IsNullOrWhiteSpace(line) && !errors.TryAdd(line) && !cancellation.IsCancellationRequested)
                {
                    output(line.Trim());
                }
            }
        }
    }

    /// <summary>The tool's own packages are where it came from, whichever feed that was.</summary>
    private static string Remedy(IReadOnlyList<string> errors) => errors is [var first, ..] && first.StartsWith("NU110",
        StringComparison.Ordinal) && first.Contains("package SparseLlm.", StringComparison.Ordinal)
        ? "; name the feed that the tool came from with --source, or go to a folder whose NuGet.config names it"
        : "";

    private void Accommodate(string published)
    {
        if (OlderLibstdcxx.Accommodate(published))
        {
            output("TorchSharp's native library asks for a newer libstdc++ than this system has, for the sake of a "
                + "symbol that it never calls: the engine's copy of it was changed to do without");
        }
    }

    private void Describe(string folder) =>
        new InstalledEngine
        {
            Name = kind.Name,
            Version = version,
            Tool = ToolVersion.Current.ToNormalizedString(),
            Assembly = EngineProject.AssemblyName + ".dll",
            InstalledAt = DateTimeOffset.UtcNow,
        }.Write(folder);

    /// <summary>An engine may be installed where it does not start, as in the build of a container's image.</summary>
    private static (InstalledEngine Engine, Diagnostic? Trouble) Greet(string folder)
    {
        InstalledEngine engine = InstalledEngine.TryRead(folder)!;
        try
        {
            foreach (Precision precision in Enum.GetValues<Precision>())
            {
                // What it computes as is then known without starting it.
                using var worker = new WorkerEngine(
                    engine,
                    new EngineChoice(engine.Name) { Precision = precision });
                worker.Start();
            }

            return (InstalledEngine.TryRead(folder)!, null);
        }
        catch (DiagnosticException exception)
        {
            return (engine, exception.Diagnostics[0]);
        }
    }

    private static void Replace(string target, string with, string old)
    {
        if (Directory.Exists(target))
        {
            HiddenFolder.RequireNoLink(target);
            if (!File.Exists(Path.Combine(target, InstalledEngine.FileName)))
            {
                throw new IOException($"'{target}' is there and has no {InstalledEngine.FileName}, so it is not an "
                    + $"engine and is not replaced; remove it");
            }

            Directory.Move(target, old);
        }

        try
        {
            Directory.Move(with, target);
        }
        catch (IOException) when (Directory.Exists(old))
        {
            Directory.Move(old, target);
            throw;
        }
    }
}
