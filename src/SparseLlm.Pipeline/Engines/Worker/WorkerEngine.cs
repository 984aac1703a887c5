using System.ComponentModel;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>
/// An installed engine, in a worker process that is started for the first job. A worker whose answer is none, or one to
/// another task, is ended, and the build with it, by a diagnostic.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="choice">What is asked of it.</param>
internal sealed class WorkerEngine(InstalledEngine engine, EngineChoice choice) : IEngine
{
    /// <summary>More than a backend has to say before there is a job.</summary>
    private const int MostEarlyNotices = 100;

    private readonly List<BuildProgress> early = [];
    private WorkerProcess? worker;
    private Hello? hello;
    private string? folder;
    private int tasks;

    /// <summary>How long a worker may take to start: libtorch for CUDA is gigabytes, perhaps on a slow disk. A job may
    /// take any time.</summary>
    public TimeSpan StartingTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a worker may take to stop when it is asked to, or to end. What is not finished by then is lost
    /// either way.</summary>
    public TimeSpan StoppingTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string NumericsClass => engine.NumericsClassOf(choice) ?? Start().NumericsClass;

    /// <inheritdoc/>
    public PruneResult Prune(
        PruneJob job,
        BuildCache cache,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation)
    {
        PruneResult result = Ask<Pruned>(new Prune(++tasks, job), cache, progress, cancellation).Result;
        return result.Layers.Select(layer => layer.Index).SequenceEqual(Enumerable.Range(0, job.Keys.Layers.Count))
            ? result
            : throw NotUnderstood("says that it has pruned other layers than the model has", progress);
    }

    /// <inheritdoc/>
    public Perplexity Measure(
        MeasureJob job,
        BuildCache cache,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation) =>
        Ask<Measured>(new Measure(++tasks, job), cache, progress, cancellation).Result;

    /// <summary>Starts the worker, if it is not running, and takes leave of it if it is not what it should
    /// be.</summary>
    /// <returns>The numerics class and the description that it gives.</returns>
    /// <exception cref="DiagnosticException">It does not start.</exception>
    public (string NumericsClass, string Description) Start()
    {
        if (hello is null)
        {
            RequireFit(engine.Tool, $"'{engine.Name}' was installed by version {engine.Tool}");
            hello = Greet();
            if (engine.NumericsClassOf(choice) is null)
            {
                engine.Remember(choice, hello.NumericsClass, hello.Description);
            }
        }

        return (hello.NumericsClass, hello.Description);
    }

    private Hello Greet()
    {
        try
        {
            worker = WorkerProcess.Start(engine, choice, StoppingTime);
        }
        catch (Win32Exception exception)
        {
            throw Unstartable($"{DotNetHost.Path} cannot be started: {exception.Message}");
        }

        using Timer patience = worker.KillAfter(
            StartingTime,
            FormattableString.Invariant($"it has not greeted within {StartingTime.TotalSeconds:0.###} s"));
        Hello greeting = ReadGreeting(worker);
        RequireFit(greeting.Tool, $"the worker of '{engine.Name}' was made with version {greeting.Tool}");
        return greeting.Protocol != WorkerProtocol.Version
            ? throw Mismatch($"the worker of '{engine.Name}' speaks protocol {greeting.Protocol}, and this tool "
                + $"{WorkerProtocol.Version}")
            : greeting.NumericsClass.Length == 0
            ? throw NotUnderstood("does not say what it computes as", null)
            : engine.NumericsClassOf(choice) is { } expected && greeting.NumericsClass != expected
            ? throw Mismatch(
                $"'{engine.Name}' computes as {greeting.NumericsClass} here, and was {expected} when it was installed")
            : greeting;
    }

    private Hello ReadGreeting(WorkerProcess starting)
    {
        while (true)
        {
            switch (Read(starting, null))
            {
                case Told told when early.Count < MostEarlyNotices:
                    // A backend may have something to say before it is ready; nobody listens before there is a job.
                    early.Add(told.Value);
                    break;
                case Hello greeting:
                    return greeting;
                case Refused refused when IsReason(refused):
                    throw new DiagnosticException(refused.Diagnostics);
                case null:
                    throw Unstartable($"{starting.WaitForEnd()}{LastLine()}");
                default:
                    throw NotUnderstood("does not greet as it should", null);
            }
        }
    }

    private T Ask<T>(
        WorkerTask task,
        BuildCache cache,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation)
        where T : WorkerReply
    {
        Start();
        WorkerProcess running = worker!;
        early.ForEach(value => progress?.Report(value));
        early.Clear();
        cancellation.ThrowIfCancellationRequested();

        // Before the task is sent: a worker that does not read it would be waited for.
        using CancellationTokenRegistration registration = cancellation.Register(() => running.Cancel());
        Open(running, cache);
        running.Send(task);
        while (Read(running, progress) is { } answer)
        {
            switch (answer)
            {
                case Told told:
                    progress?.Report(told.Value);
                    break;
                case WorkerReply reply when reply.Number != task.Number:
                    throw NotUnderstood(FormattableString.Invariant(
                        $"answers task {reply.Number}, and was asked for task {task.Number}"), progress);
                case T done:
                    return done;
                case Cancelled when cancellation.IsCancellationRequested:
                    throw new OperationCanceledException(cancellation);
                case Refused refused when IsReason(refused):
                    throw new DiagnosticException(refused.Diagnostics);
                case Failed failed:
                    Tell(running.Output, progress);
                    throw PipelineDiagnostics.EngineFailed.Error(
                        null, $"the engine '{engine.Name}' failed: {failed.Message.TrimEnd('.')}. What is finished "
                            + $"stays in the cache: build again to go on");
                default:
                    throw NotUnderstood($"answers '{answer.GetType().Name}' where that cannot be", progress);
            }
        }

        string end = running.WaitForEnd();
        cancellation.ThrowIfCancellationRequested();
        Tell(running.Output, progress);
        throw Died(end);
    }

    /// <summary>A worker opens the cache for itself.</summary>
    private void Open(WorkerProcess running, BuildCache cache)
    {
        string wanted = cache.Directory ?? "off";
        if (wanted != folder)
        {
            running.Send(new Begin(wanted));
            folder = wanted;
        }
    }

    private WorkerAnswer? Read(WorkerProcess running, IProgress<BuildProgress>? progress)
    {
        try
        {
            return running.Read();
        }
        catch (InvalidDataException exception)
        {
            throw NotUnderstood(exception.Message, progress);
        }
    }

    /// <summary>Whether a refusal says why; else it would be a failure without an error.</summary>
    private static bool IsReason(Refused refused)
        => refused.Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error);

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

    /// <summary>The worker is not one to go on with: it is ended, and its last lines may tell why.</summary>
    private DiagnosticException NotUnderstood(string what, IProgress<BuildProgress>? progress)
    {
        worker!.Kill("it was not understood");
        worker.WaitForEnd();
        Tell(worker.Output, progress);
        return Mismatch($"the worker of '{engine.Name}' {what}{LastLine()}");
    }

    private DiagnosticException Mismatch(string what) =>
        PipelineDiagnostics.EngineMismatch.Error(null, $"{what}; type: {InstalledEngines.InstallCommand(engine.Name)}");

    private DiagnosticException Unstartable(string reason) => PipelineDiagnostics.EngineDied.Error(
        null, $"the worker of '{engine.Name}' does not start: {reason}; type: "
            + $"{InstalledEngines.InstallCommand(engine.Name)}, or use device: cpu");

    private DiagnosticException Died(string end) => PipelineDiagnostics.EngineDied.Error(
        null, $"the worker of '{engine.Name}' has ended: {end}. What is finished stays in the cache: build again to go "
            + $"on");

    private string LastLine() => worker!.Output is [.., var last] ? $" ({last})" : "";

    /// <inheritdoc/>
    public void Dispose() => worker?.Dispose();
}
