using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Claims;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Units;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Methods;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Workers;

/// <summary>
/// Computes units of a recipe into the cache: those of its share first, then those that nobody has begun. What others
/// have claimed is left to them, and looked at again in the end: until each is done, or its worker known to live, or
/// dead. A dead worker's unit is anybody's. What a worker makes in passing is written to a folder that goes again.
/// </summary>
/// <param name="recipe">The recipe.</param>
/// <param name="engine">What computes.</param>
/// <param name="cache">Gets the results.</param>
/// <param name="options">Which units, and for how long.</param>
/// <param name="progress">Told what is done.</param>
internal sealed class UnitWorker(
    Recipe recipe,
    IEngine engine,
    BuildCache cache,
    WorkerOptions options,
    IProgress<BuildProgress>? progress)
{
    /// <summary>Works until nothing is left to begin, or time is up.</summary>
    /// <param name="cancellation">Stops; layers that are finished stay in the cache.</param>
    /// <returns>What has become of the units that this worker has looked at.</returns>
    public IReadOnlyList<UnitOutcome> Run(CancellationToken cancellation)
    {
        cache.RequireStore();

        // The artifact itself is nobody's: a scheduler that gives each job a folder for such files clears it, too.
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("sparsellm-unit-");
        try
        {
            return Run(scratch.FullName, cancellation);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>Makes sure that a unit could be done here: the recipe, its model and its texts can be read, and the
    /// cache can be written.</summary>
    /// <returns>The key of the first unit, which is the same wherever everything is the same.</returns>
    /// <exception cref="DiagnosticException">It could not.</exception>
    public string Check(CancellationToken cancellation)
    {
        string root = cache.RequireStore().Root;
        cache.Scratch();
        return cache.IsOn
            ? UnitOfWork.Of(new RecipePlan(recipe, Path.GetTempPath(), engine.NumericsClass, cache)
                .Plan(options.Artifacts, cancellation)[0]).Key
            : throw PipelineDiagnostics.NodeUnfit.Error(
                new SourceLocation(root),
                "the cache cannot be written on this machine, so nothing that is computed here would be kept");
    }

    private IReadOnlyList<UnitOutcome> Run(string scratch, CancellationToken cancellation)
    {
        var plan = new RecipePlan(recipe, scratch, engine.NumericsClass, cache);
        var dense = new DenseModel(recipe.Model, engine.NumericsClass, cache);
        UnitOfWork[] units = [.. plan.Plan(options.Artifacts, cancellation).Select(UnitOfWork.Of)];
        var clock = new WorkClock(options.TimeLimit, TimeProvider.System);
        var outcomes = new List<UnitOutcome>();
        IReadOnlyList<UnitOfWork> left = Pass(options.Share.Order(units), Begin, End);
        for (bool isTold = false; left.Count > 0 && IsTimeLeft(); isTold = true)
        {
            Pause(isTold ? [] : left, cancellation);
            left = Pass(left, Begin, End);
        }

        foreach (UnitOfWork unit in left)
        {
            End(Conclude(unit, UnitState.Elsewhere, clock));
        }

        return outcomes;

        UnitOutcome? Begin(UnitOfWork planned) => planned.IsMissing
            ? TryWork(planned, plan, dense, clock, cancellation)
            : Conclude(planned, UnitState.Done, clock);

        bool IsTimeLeft() => clock.HasTimeAfter(cache.ClaimPause)
            && outcomes.All(outcome => outcome.State != UnitState.Unfinished);

        void End(UnitOutcome outcome) => outcomes.Add(outcome);
    }

    /// <summary>Turns to units, one after the other, until time is up.</summary>
    /// <returns>Those that another has who may be dead.</returns>
    private static List<UnitOfWork> Pass(
        IEnumerable<UnitOfWork> units,
        Func<UnitOfWork, UnitOutcome?> begin,
        Action<UnitOutcome> end)
    {
        var doubtful = new List<UnitOfWork>();
        foreach (UnitOfWork unit in units)
        {
            if (begin(unit) is not { } outcome)
            {
                doubtful.Add(unit);
                continue;
            }

            end(outcome);
            if (outcome.State == UnitState.Unfinished)
            {
                break;
            }
        }

        return doubtful;
    }

    private void Pause(IReadOnlyList<UnitOfWork> waitingFor, CancellationToken cancellation)
    {
        foreach (UnitOfWork unit in waitingFor)
        {
            progress?.Report(new Waiting(unit.Name));
        }

        cancellation.WaitHandle.WaitOne(cache.ClaimPause);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Says what has become of a unit without work on it.</summary>
    private UnitOutcome Conclude(UnitOfWork unit, UnitState state, WorkClock clock)
    {
        using var reporter = new UnitReporter(unit, options.Run, clock, progress);
        return reporter.End(state, []);
    }

    /// <summary>Works on a unit, unless another does.</summary>
    /// <returns>Null where another has it who may be dead.</returns>
    private UnitOutcome? TryWork(
        UnitOfWork planned,
        RecipePlan plan,
        DenseModel dense,
        WorkClock clock,
        CancellationToken cancellation)
    {
        if (options.Part is { } part && CanShare(planned, dense)
            && ShareLayers(planned, part, dense, clock, cancellation) is { } stopped)
        {
            return stopped;
        }

        ClaimAttempt claim = cache.TryClaim(planned.Key, cancellation);
        if (claim.Hold is null)
        {
            return claim.IsAlive ? Conclude(planned, UnitState.Elsewhere, clock) : null;
        }

        using IDisposable hold = claim.Hold;

        // Another may have done it since this worker began.
        UnitOfWork unit = UnitOfWork.Of(plan.Plan([planned.Name], cancellation).Single());
        return unit.IsMissing
            ? Work(unit, plan, dense, clock, cancellation)
            : Conclude(unit, UnitState.Done, clock);
    }

    /// <summary>Whether there are layers to prune that several workers can prune together.</summary>
    private static bool CanShare(UnitOfWork unit, DenseModel dense)
        => unit.Plan.MissingLayers.Count > 0
            && ModelPruner.CanShare(dense.Definition, unit.Plan.Request.Settings);

    /// <summary>Prunes a unit's layers into the cache, together with the workers that have other parts of its
    /// windows.</summary>
    /// <returns>Null where its layers are there now; else what has become of it.</returns>
    private UnitOutcome? ShareLayers(
        UnitOfWork unit,
        WindowPart part,
        DenseModel dense,
        WorkClock clock,
        CancellationToken cancellation)
    {
        string directory = Directory.CreateTempSubdirectory("sparsellm-layers-").FullName;
        bool isPruned = false;
        try
        {
            UnitOutcome outcome = Try(unit, clock, cancellation, (reporter, token) =>
            {
                PruneResult result = engine.Prune(
                    new PruneJob(
                        dense.Directory,
                        unit.Plan.Request,
                        unit.Plan.Keys,
                        dense.Stamps(unit.Plan.Request),
                        directory,
                        Memory)
                    {
                        Part = part
                    },
                    options.RequiresRemote ? cache : cache.WithoutRemote(Report),
                    reporter,
                    token);
                isPruned = result.Layers.Count > 0;
                return isPruned ? UnitState.Running : UnitState.Elsewhere;
            });
            return isPruned ? null : outcome;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private MemoryBudget Memory => options.Memory ?? recipe.Memory ?? MemoryBudget.Default;

    private void Report(Diagnostic diagnostic) => progress?.Report(new Notice(diagnostic));

    private UnitOutcome Work(
        UnitOfWork unit,
        RecipePlan plan,
        DenseModel dense,
        WorkClock clock,
        CancellationToken cancellation)
    {
        return Try(unit, clock, cancellation, (reporter, token) =>
        {
            var builder = new ArtifactBuilder(dense, engine, Memory, reporter) { SharesWork = true };
            ArtifactOutcome made = builder.Build(unit.Plan.Request, token);
            Directory.Delete(made.Directory, recursive: true);
            return Result(unit, plan, cancellation);
        });
    }

    /// <summary>Does something for a unit, for as long as there is time.</summary>
    private UnitOutcome Try(
        UnitOfWork unit,
        WorkClock clock,
        CancellationToken cancellation,
        Func<UnitReporter, CancellationToken, UnitState> work)
    {
        using var reporter = new UnitReporter(unit, options.Run, clock, progress);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        reporter.TimeIsUp += time.Cancel;
        reporter.StepIsDone += () => StopUnlessKept(time);
        try
        {
            cache.Scratch();
            RequireKept(unit);
            return reporter.End(work(reporter, time.Token), []);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return cache.IsOn
                ? reporter.End(UnitState.Unfinished, [])
                : reporter.End(UnitState.Failed, NotKept(unit).Diagnostics);
        }
        catch (OperationCanceledException)
        {
            reporter.End(UnitState.Unfinished, []);
            throw;
        }
        catch (DiagnosticException exception)
        {
            return reporter.End(UnitState.Failed, exception.Diagnostics);
        }
    }

    /// <summary>What was made is no use where it has not come into the cache.</summary>
    private UnitState Result(UnitOfWork unit, RecipePlan plan, CancellationToken cancellation)
    {
        RequireKept(unit);
        return UnitOfWork.Of(plan.Plan([unit.Name], cancellation).Single()).IsMissing
            ? throw NotKept(unit)
            : UnitState.Done;
    }

    /// <summary>What a cache does not take any more is not computed to its end.</summary>
    private void StopUnlessKept(CancellationTokenSource work)
    {
        if (!cache.IsOn)
        {
            work.Cancel();
        }
    }

    private DiagnosticException NotKept(UnitOfWork unit) => PipelineDiagnostics.UnitWithoutResult.Error(
        new SourceLocation(cache.Directory ?? recipe.Path),
        $"'{unit.Name}' cannot be stored in the cache on {Environment.MachineName}; free some space there, or make it "
            + "writable");

    /// <summary>Nothing is computed, or believed to be kept, that would go with this machine.</summary>
    private void RequireKept(UnitOfWork unit)
    {
        if (!cache.IsOn)
        {
            throw NotKept(unit);
        }

        if (options.RequiresRemote && !cache.ReachesRemote)
        {
            throw PipelineDiagnostics.UnitWithoutResult.Error(
                new SourceLocation(recipe.Path),
                $"'{unit.Name}' has to come into the remote cache, and nothing does: "
                + (cache.WritesRemote ? $"{cache.RemoteAddress} cannot be written" : RemoteCacheOptions.HowToWrite));
        }
    }
}
