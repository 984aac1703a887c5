using System.Runtime.InteropServices;
using SparseLlm.Diagnostics;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>The worker process of an engine: does the jobs that the tool asks for, one after the other, on a
/// backend.</summary>
public static class WorkerHost
{
    private const int Failure = 1;
    private const int Usage = 2;

    /// <summary>Serves the tool that has started this process, until it closes standard input.</summary>
    /// <param name="args">The arguments of the process.</param>
    /// <param name="createBackend">Starts a backend on the device of a number with a precision, and is given what hears
    /// what a user should know of while it computes; called once for each device.</param>
    /// <param name="deviceMemory">
    /// Where matrices are in the memory of a device: the bytes that are free there by its number, null where that is
    /// not known. Budgets that are percentages are of the first device's.
    /// </param>
    /// <returns>The exit code.</returns>
    public static int Run(
        string[] args,
        Func<int, Precision, Action<string>, IBackend> createBackend,
        Func<int, long?>? deviceMemory = null)
    {
        if (WorkerArguments.Parse(args) is not { } arguments || AnswerPipe.TryOpen(arguments.Answers) is not { } opened)
        {
            Console.Error.WriteLine("This is an engine of dotnet sparsellm, which starts it by itself.");
            return Usage;
        }

        using AnswerPipe answers = opened;
        var requests = new RequestQueue(Console.OpenStandardInput());

        // Ctrl+C reaches all processes of a terminal. The tool decides what becomes of it, and says so.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT,
            context => context.Cancel = true);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            requests.Close();
        });
        try
        {
            return Start(arguments, createBackend, answers) is { } backends ? Serve(
                backends,
                deviceMemory is null ? null : new DeviceMemory(() => deviceMemory(arguments.Devices.All[0])),
                requests,
                answers) : Failure;
        }
        catch (IOException)
        {
            // The tool has gone. What was finished is in the cache.
            return Failure;
        }
    }

    private static IReadOnlyList<IBackend>? Start(
        WorkerArguments arguments,
        Func<int, Precision, Action<string>, IBackend> create,
        AnswerPipe answers)
    {
        try
        {
            IBackend[] backends = [.. arguments.Devices.All.Select(device =>
                create(
                    device,
                    arguments.Precision,
                    notice => answers.Report(new Notice(PipelineDiagnostics.EngineNotice.At(null, notice)))))];
            RequireAlike(arguments.Devices, [.. backends.Select(backend => backend.NumericsClass)]);
            answers.Send(new Hello(WorkerProtocol.Version, ToolVersion.Current.ToNormalizedString())
            {
                NumericsClass = backends[0].NumericsClass,
                Description = backends[0].Description,
            });
            return backends;
        }
        catch (Exception exception) when (exception is not IOException)
        {
            Console.Error.WriteLine(exception);
            answers.Send(new Refused(0, [PipelineDiagnostics.DeviceUnavailable.At(
                null, $"the engine does not start here: {OneLine(exception).TrimEnd('.')}; 'dotnet sparsellm doctor' "
                    + $"says more")]));
            return null;
        }
    }

    /// <summary>What a matrix becomes must not depend on the device that it comes to.</summary>
    /// <param name="devices">The devices.</param>
    /// <param name="classes">The numerics class of each.</param>
    /// <exception cref="NotSupportedException">It would.</exception>
    internal static void RequireAlike(DeviceNumbers devices, string[] classes)
    {
        int other = Array.FindIndex(classes, name => name != classes[0]);
        if (other >= 0)
        {
            throw new NotSupportedException(
                $"devices {devices.All[0]} and {devices.All[other]} do not compute alike ({classes[0]} and "
                + $"{classes[other]}); choose devices of one model");
        }
    }

    private static int Serve(
        IReadOnlyList<IBackend> backends,
        DeviceMemory? memory,
        RequestQueue requests,
        AnswerPipe answers)
    {
        string folder = "off";
        BuildCache? cache = null;
        using var engine = new LocalEngine(backends);
        foreach (WorkerRequest request in requests.All)
        {
            if (request is Begin begin)
            {
                (folder, cache) = (begin.Cache, null);
            }
            else if (request is WorkerTask task)
            {
                answers.Send(Do(task, engine, () => cache ??= Open(), memory, requests, answers));
            }
        }

        if (requests.Trouble is { } trouble)
        {
            Console.Error.WriteLine(trouble);
            return Failure;
        }

        return 0;

        BuildCache Open() => BuildCache.Open(folder, diagnostic => answers.Report(new Notice(diagnostic)));
    }

    private static WorkerReply Do(
        WorkerTask task,
        LocalEngine engine,
        Func<BuildCache> cache,
        DeviceMemory? memory,
        RequestQueue requests,
        AnswerPipe answers)
    {
        try
        {
            return requests.Run<WorkerReply>(cancellation => task switch
            {
                Prune { Job: var job } => new Pruned(
                    task.Number, engine.Prune(
                        job with { Memory = memory?.Of(job.Memory) ?? job.Memory },
                        cache(),
                        answers,
                        cancellation)),
                Measure { Job: var job } => new Measured(
                    task.Number, engine.Measure(
                        job with { Memory = memory?.Of(job.Memory) ?? job.Memory },
                        cache(),
                        answers,
                        cancellation)),
                _ => throw new InvalidOperationException($"nobody knows how to do {task}"),
            });
        }
        catch (OperationCanceledException)
        {
            return new Cancelled(task.Number);
        }
        catch (DiagnosticException exception)
        {
            return new Refused(task.Number, exception.Diagnostics);
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine(exception);
            return new Failed(task.Number, OneLine(exception));
        }
    }

    /// <summary>What has failed at the bottom: what is thrown above it tells of type initialisers and the
    /// like.</summary>
    private static string OneLine(Exception exception)
        => string.Join(' ', exception.GetBaseException().Message.Split(['\r', '\n'],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
