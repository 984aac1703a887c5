using System.ComponentModel;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>An installed engine, in a worker process that is started for the first job.</summary>
/// <param name="engine">The engine.</param>
/// <param name="threads">Threads of libtorch on the processor; null for its own choice.</param>
/// <param name="cache">Where finished steps are kept; the worker opens it for itself.</param>
public sealed class WorkerEngine(InstalledEngine engine, int? threads, BuildCache cache) : IEngine
{
    /// <summary>A large matrix may take this long, and a layer that is finished is kept.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly List<BuildProgress> early = [];
    private WorkerProcess? worker;
    private Hello? hello;

    /// <inheritdoc/>
    public string NumericsClass => engine.NumericsClass ?? Start().NumericsClass;

    /// <inheritdoc/>
    public PruneResult Prune(PruneJob job, IProgress<BuildProgress>? progress, CancellationToken cancellation) =>
        Ask<Pruned>(new Prune(job), progress, cancellation).Result;

    /// <inheritdoc/>
    public Perplexity Measure(MeasureJob job, IProgress<BuildProgress>? progress, CancellationToken cancellation) =>
        Ask<Measured>(new Measure(job), progress, cancellation).Result;

    /// <summary>Starts the worker, if it is not running, and takes leave of it if it is not what it should be.</summary>
    /// <returns>The numerics class and the description that it gives.</returns>
    /// <exception cref="DiagnosticException">It does not start.</exception>
    public (string NumericsClass, string Description) Start()
    {
        if (hello is null)
        {
            RequireFit(engine.Tool, $"'{engine.Name}' was installed by version {engine.Tool}");
            hello = Greet();
            worker!.Send(new Begin(cache.Directory ?? "off"));
            if (engine.NumericsClass is null)
            {
                engine.Remember(hello.NumericsClass, hello.Description);
            }
        }

        return (hello.NumericsClass, hello.Description);
    }

    private Hello Greet()
    {
        try
        {
            worker = WorkerProcess.Start(engine, threads);
        }
        catch (Win32Exception exception)
        {
            throw Unstartable($"{DotNetHost.Path} cannot be started: {exception.Message}");
        }

        return ReadGreeting();
    }

    private Hello ReadGreeting()
    {
        string? line = worker!.ReadLine();
        switch (line is null ? null : WorkerProtocol.Read<WorkerAnswer>(line))
        {
            case Told told:
                // A backend may have something to say before it is ready; nobody listens before there is a job.
                early.Add(told.Value);
                return ReadGreeting();
            case Hello greeting:
                RequireFit(greeting.Tool, $"the worker of '{engine.Name}' was made with version {greeting.Tool}");
                return greeting.Protocol != WorkerProtocol.Version
                    ? throw Mismatch($"the worker of '{engine.Name}' speaks protocol {greeting.Protocol}, and this tool {WorkerProtocol.Version}")
                    : engine.NumericsClass is { } expected && greeting.NumericsClass != expected
                        ? throw Mismatch($"'{engine.Name}' computes as {greeting.NumericsClass} here, and was {expected} when it was installed")
                        : greeting;
            case Refused refused:
                throw new DiagnosticException(refused.Diagnostics);
            case null when line is null:
                throw Unstartable($"{worker.WaitForEnd()}{LastLine()}");
            default:
                throw Mismatch($"the worker of '{engine.Name}' does not speak the tool's protocol");
        }
    }

    private T Ask<T>(WorkerRequest request, IProgress<BuildProgress>? progress, CancellationToken cancellation)
        where T : WorkerAnswer
    {
        Start();
        WorkerProcess running = worker!;
        early.ForEach(value => progress?.Report(value));
        early.Clear();
        cancellation.ThrowIfCancellationRequested();
        running.Send(request);
        using CancellationTokenRegistration registration = cancellation.Register(() => running.Cancel(Grace));
        while (running.ReadLine() is { } line)
        {
            switch (WorkerProtocol.Read<WorkerAnswer>(line))
            {
                case Told told:
                    progress?.Report(told.Value);
                    break;
                case T done:
                    return done;
                case Cancelled:
                    throw new OperationCanceledException(cancellation);
                case Refused refused:
                    throw new DiagnosticException(refused.Diagnostics);
                case Failed failed:
                    Tell(running.Output, progress);
                    throw PipelineDiagnostics.EngineFailed.Error(
                        null, $"the engine '{engine.Name}' failed: {failed.Message.TrimEnd('.')}. What is finished stays in the cache: build again to go on");
                default:
                    throw Mismatch($"the worker of '{engine.Name}' said what the tool does not understand");
            }
        }

        string end = running.WaitForEnd();
        cancellation.ThrowIfCancellationRequested();
        Tell(running.Output, progress);
        throw Died(end);
    }

    private static void Tell(IReadOnlyList<string> lines, IProgress<BuildProgress>? progress)
    {
        foreach (string line in lines)
        {
            progress?.Report(new EngineOutput(line));
        }
    }

    private void RequireFit(string version, string what)
    {
        if (version != ToolVersion.Current.ToNormalizedString())
        {
            throw Mismatch($"{what} of the tool, and this is {ToolVersion.Current.ToNormalizedString()}");
        }
    }

    private DiagnosticException Mismatch(string what) =>
        PipelineDiagnostics.EngineMismatch.Error(null, $"{what}; type: {InstalledEngines.InstallCommand(engine.Name)}");

    private DiagnosticException Unstartable(string reason) => PipelineDiagnostics.EngineDied.Error(
        null, $"the worker of '{engine.Name}' does not start: {reason}; type: {InstalledEngines.InstallCommand(engine.Name)}, or use device: cpu");

    private DiagnosticException Died(string end) => PipelineDiagnostics.EngineDied.Error(
        null, $"the worker of '{engine.Name}' has ended: {end}. What is finished stays in the cache: build again to go on");

    private string LastLine() => worker!.Output is [.., var last] ? $" ({last})" : "";

    /// <inheritdoc/>
    public void Dispose() => worker?.Dispose();
}
