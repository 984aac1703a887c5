using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Engines;

/// <summary>
/// What computes: a backend in this process, or a worker process that has one. Everything else about a build - what is
/// up to date, cache, staging, gates, lock file, reports - is done without it, so that a build with nothing to compute
/// starts nothing.
/// </summary>
internal interface IEngine : IDisposable
{
    /// <summary>What can change a bit of results, as <see cref="Numerics.IBackend.NumericsClass"/> has it.</summary>
    /// <exception cref="DiagnosticException">It has to be asked for, and the engine does not start.</exception>
    string NumericsClass { get; }

    /// <summary>Prunes a model, step by step, each of which is looked for in the cache first and kept there as soon as
    /// it is done.</summary>
    /// <param name="job">What to prune, and where to write it.</param>
    /// <param name="cache">Where finished steps are kept.</param>
    /// <param name="progress">Told of the steps.</param>
    /// <param name="cancellation">Stops between matrices; layers that are finished stay in the cache.</param>
    /// <exception cref="DiagnosticException">It cannot be done.</exception>
    PruneResult Prune(
        PruneJob job,
        BuildCache cache,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation);

    /// <summary>Measures the perplexity of a model.</summary>
    /// <param name="job">Which model on which text.</param>
    /// <param name="cache">Has room for what does not fit into memory.</param>
    /// <param name="progress">Told of the decoder layers that are done.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="DiagnosticException">It cannot be done.</exception>
    Perplexity Measure(
        MeasureJob job,
        BuildCache cache,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation);
}
