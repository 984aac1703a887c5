using SparseLlm.Models;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>An engine in this process.</summary>
internal sealed class LocalEngine : IEngine
{
    private readonly IReadOnlyList<IBackend> backends;
    private readonly Func<string, DecoderModel> open;
    private ModelSession? session;
    private bool isAnnounced;

    /// <summary>An engine on a backend.</summary>
    /// <param name="backend">What computes; disposed with the engine.</param>
    public LocalEngine(IBackend backend)
        : this([backend])
    {
    }

    /// <summary>An engine on several backends of one numerics class: the first has the model, the others solve matrices
    /// too.</summary>
    /// <param name="backends">What computes; disposed with the engine.</param>
    public LocalEngine(IReadOnlyList<IBackend> backends)
        : this(backends, backends[0].NumericsClass, directory => DecoderModel.Open(directory, backends[0]))
    {
    }

    private LocalEngine(IReadOnlyList<IBackend> backends, string numericsClass, Func<string, DecoderModel> open) =>
        (this.backends, NumericsClass, this.open) = (backends, numericsClass, open);

    /// <summary>An engine that multiplies matrices as they are stored, which adds up in another order. It measures what
    /// it can be asked to run; what it prunes, nobody has to expect.</summary>
    /// <param name="backend">What computes; disposed with the engine.</param>
    public static LocalEngine AsStored(CpuBackend backend) => new(
        [backend],
        $"{backend.NumericsClass}, stored-{InstructionSets.Best.ToString().ToLowerInvariant()}/1",
        directory => StoredModel.Open(directory, backend));

    /// <inheritdoc/>
    public string NumericsClass { get; }

    /// <inheritdoc/>
    public PruneResult Prune(
        PruneJob job,
        BuildCache cache,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation) =>
        Run(job.Request.Output, progress, () =>
            new PruneRun(Open(job.Model), job, cache, [.. backends.Skip(1)], progress).Write(cancellation) with
            {
                Gpus = [.. backends.Select(backend => backend.Gpu).OfType<Gpu>()]
            });

    /// <inheritdoc/>
    public Perplexity Measure(
        MeasureJob job,
        BuildCache cache,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation) =>
        Run(job.Model, progress, () => Open(job.Dense).Measure(job, cache.Scratch(), progress, cancellation));

    private T Run<T>(string place, IProgress<BuildProgress>? progress, Func<T> work)
    {
        if (!isAnnounced)
        {
            isAnnounced = true;
            progress?.Report(new EngineStarted(
                string.Join(" and ", backends.Select(backend => backend.Description)),
                Environment.ProcessId));
        }

        try
        {
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskSpace.Translate(place, exception);
        }
    }

    /// <summary>One model is kept open: a build has all its jobs on the same one.</summary>
    private ModelSession Open(string model)
    {
        if (session?.Model.Directory != model)
        {
            session?.Dispose();
            session = null;
            session = new ModelSession(model, open);
        }

        return session;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        session?.Dispose();
        foreach (IBackend backend in backends)
        {
            backend.Dispose();
        }
    }
}
