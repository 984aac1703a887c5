using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using NuGet.Versioning;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Engines.Worker;

namespace SparseLlm.Pipeline.Engines.Installing;

/// <summary>Publishes an engine into the folder of engines: whole, or not at all.</summary>
/// <param name="kind">What to install.</param>
/// <param name="version">The version of TorchSharp.</param>
/// <param name="sources">Where the packages come from.</param>
/// <param name="output">Told what the SDK says, line by line.</param>
public sealed class EngineInstallation(EngineKind kind, NuGetVersion version, EngineSources sources, Action<string> output)
{
    /// <summary>The version of TorchSharp that the tool was built for.</summary>
    public static NuGetVersion DefaultVersion { get; } = NuGetVersion.Parse(
        typeof(EngineInstallation).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "TorchSharpVersion").Value!);

    private readonly string version = version.ToNormalizedString();

    /// <summary>Installs the engine, in the place of one of the same name and versions.</summary>
    /// <param name="cancellation">Stops; nothing is left.</param>
    /// <returns>The engine; its numerics class is null, and the diagnostic says why, if it does not start on this machine.</returns>
    /// <exception cref="DiagnosticException">It cannot be installed.</exception>
    public (InstalledEngine Engine, Diagnostic? Trouble) Run(CancellationToken cancellation)
    {
        if (kind.Package is null)
        {
            throw PipelineDiagnostics.EngineNotInstalled.Error(null, $"there is no '{kind.Name}' for this operating system; use device: cpu");
        }

        string parent = InstalledEngines.FolderOf(kind.Name);
        string target = InstalledEngines.FolderOf(kind.Name, version);
        try
        {
            HiddenFolder.RemoveLeftovers(parent);
            using HiddenFolder staging = HiddenFolder.Create(parent);
            string project = Directory.CreateDirectory(Path.Combine(staging.Path, "project")).FullName;
            string published = Path.Combine(staging.Path, "published");
            new EngineProject(kind, version, sources).Write(project);
            Publish(project, published, cancellation);
            Describe(published);
            Replace(target, published, Path.Combine(staging.Path, "old"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.EngineNotInstalled.Error(new SourceLocation(InstalledEngines.Root), exception.Message, exception);
        }
        catch (Win32Exception exception)
        {
            throw PipelineDiagnostics.EngineNotInstalled.Error(null, $"'{kind.Name}' is published by the .NET SDK, which is not found here: {exception.Message}", exception);
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
            "-p:Platform=AnyCPU",
            "-nodeReuse:false");
        using Process process = Process.Start(start)!;
        string? firstError = null;
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
            throw PipelineDiagnostics.EngineNotInstalled.Error(
                null, $"'{kind.Name}' could not be published: {firstError ?? $"dotnet publish ended with exit code {process.ExitCode}"}. Nothing was left half-installed");
        }

        void Take(string? line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                return;
            }

            output(line);
            int error = line.IndexOf("error ", StringComparison.Ordinal);
            firstError ??= error >= 0 ? line[error..].Split(" [")[0].TrimEnd('.') : null;
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
            using var worker = new WorkerEngine(engine, threads: null, BuildCache.Open("off", remote: null, _ => { }));
            worker.Start();
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
                throw new IOException($"'{target}' is there and has no {InstalledEngine.FileName}, so it is not an engine and is not replaced; remove it");
            }

            Directory.Move(target, old);
        }

        Directory.Move(with, target);
    }
}
