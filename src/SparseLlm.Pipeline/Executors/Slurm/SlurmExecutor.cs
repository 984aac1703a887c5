using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>
/// Hands units to Slurm and waits until their results are in the cache, which is all that counts. Whoever was killed
/// meanwhile and starts again finds the jobs by their name, and submits what is neither done nor on its way.
/// </summary>
/// <param name="options">How.</param>
/// <param name="cache">Has the results; its folder is the same on the nodes.</param>
/// <param name="progress">Told how far the units are.</param>
internal sealed class SlurmExecutor(SlurmOptions options, BuildCache cache, IProgress<BuildProgress>? progress)
{
    /// <summary>Computes what is missing of units.</summary>
    /// <param name="recipe">The path of their recipe.</param>
    /// <param name="units">The units.</param>
    /// <param name="look">Looks at a unit again.</param>
    /// <param name="cancellation">Stops waiting; whether jobs stop too is in the options.</param>
    /// <exception cref="DiagnosticException">Some of them cannot be done; all others are.</exception>
    public void Run(
        string recipe,
        IReadOnlyList<UnitOfWork> units,
        Func<UnitOfWork, UnitOfWork> look,
        CancellationToken cancellation)
    {
        RunFolder folder = Prepare(recipe, units);
        var queue = new SlurmQueue(folder.Id, options);
        var run = new SlurmRun(
            options,
            units,
            folder,
            queue,
            new UnitResults(look, unit => IsClaimed(unit, cancellation)),
            progress);
        try
        {
            // Of two builds that begin at the same time, the second finds the jobs of the first.
            using (cache.Lock(KeyBuilder.Of("submission", [new("run", folder.Id)]), cancellation))
            {
                run.FindJobs(cancellation);
                if (options.Probes)
                {
                    new SlurmProbe(folder, queue, units[0]).Run(cancellation);
                }

                run.Submit(cancellation);
            }

            run.Watch(cancellation);
        }
        catch (OperationCanceledException)
        {
            if (options.CancelsJobs)
            {
                queue.Cancel(units.Count);
            }
            else if (run.HasJobs)
            {
                progress?.Report(new JobsLeft(queue.CancelLine(units.Count)));
            }

            throw;
        }

        folder.Delete();
    }

    private bool IsClaimed(UnitOfWork unit, CancellationToken cancellation)
    {
        using IDisposable? hold = cache.TryClaim(unit.Key, cancellation).Hold;
        return hold is null;
    }

    private RunFolder Prepare(string recipe, IReadOnlyList<UnitOfWork> units)
    {
        try
        {
            RunFolder folder = RunFolder.Of(cache.PrepareRuns(), recipe, units);
            Directory.CreateDirectory(folder.Path);
            WholeFile.Write(
                folder.Script,
                Encoding.UTF8.GetBytes(UnitScript.Of(
                    [.. options.Worker, "--run", folder.Path],
                    units.Select(unit => unit.Name),
                    options.WorkersPerUnit)));
            return folder;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(
                new SourceLocation(cache.Directory ?? recipe),
                $"the folder that nodes report in cannot be written: {exception.Message.TrimEnd('.')}; name a cache "
                + "that can be, with --cache or in SPARSELLM_CACHE");
        }
    }
}
