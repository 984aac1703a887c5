using SparseLlm.Numerics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Engines;

/// <summary>An engine in this process.</summary>
/// <param name="backend">What computes; disposed with the engine.</param>
/// <param name="cache">Where finished steps are kept.</param>
public sealed class LocalEngine(IBackend backend, BuildCache cache) : IEngine
{
    private ModelSession? session;

    /// <inheritdoc/>
    public string NumericsClass => backend.NumericsClass;

    /// <inheritdoc/>
    public PruneResult Prune(PruneJob job, IProgress<BuildProgress>? progress, CancellationToken cancellation) =>
        Translated(job.Request.Output, () => new PruneRun(Open(job.Model), job, progress).Write(cancellation));

    /// <inheritdoc/>
    public Perplexity Measure(MeasureJob job, IProgress<BuildProgress>? progress, CancellationToken cancellation) =>
        Translated(job.Model, () => Open(job.Dense).Measure(job, progress, cancellation));

    private static T Translated<T>(string place, Func<T> work)
    {
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
