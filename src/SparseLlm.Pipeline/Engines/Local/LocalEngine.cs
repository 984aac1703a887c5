using SparseLlm.Numerics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>An engine in this process.</summary>
/// <param name="backend">What computes; disposed with the engine.</param>
/// <param name="cache">Where finished steps are kept.</param>
public sealed class LocalEngine(IBackend backend, BuildCache cache) : IEngine
{
    private ModelSession? session;
    private bool isAnnounced;

    /// <inheritdoc/>
    public string NumericsClass => backend.NumericsClass;

    /// <inheritdoc/>
    public PruneResult Prune(PruneJob job, IProgress<BuildProgress>? progress, CancellationToken cancellation) =>
        Run(job.Request.Output, progress, () => new PruneRun(Open(job.Model), job, progress).Write(cancellation));

    /// <inheritdoc/>
    public Perplexity Measure(MeasureJob job, IProgress<BuildProgress>? progress, CancellationToken cancellation) =>
        Run(job.Model, progress, () => Open(job.Dense).Measure(job, progress, cancellation));

    private T Run<T>(string place, IProgress<BuildProgress>? progress, Func<T> work)
    {
        if (!isAnnounced)
        {
            isAnnounced = true;
            progress?.Report(new EngineStarted(backend.Description, Environment.ProcessId));
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
            session = new ModelSession(model, backend, cache);
        }

        return session;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        session?.Dispose();
        backend.Dispose();
    }
}
