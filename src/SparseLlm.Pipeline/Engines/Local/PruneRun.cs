using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>
/// Prunes a model step by step, each of which is looked for in the cache before it is computed, and stored there as soon as it is: a run that
/// was stopped goes on behind its last finished layer.
/// </summary>
internal sealed class PruneRun(ModelSession session, PruneJob job, IProgress<BuildProgress>? progress)
{
    private readonly PruneRequest request = job.Request;
    private readonly StepKeys keys = job.Keys;
    private readonly BuildCache cache = session.Cache;
    private readonly LayerStep steps = new(session.Cache, session.Model);

    /// <summary>Writes the pruned model.</summary>
    /// <param name="cancellation">Stops between matrices; layers that are finished stay in the cache.</param>
    public PruneResult Write(CancellationToken cancellation)
    {
        // Pruning is checked against the model before anything is written.
        CalibrationTokens? tokens = request.Calibration is { } source ? session.Calibration(source) : null;
        progress?.Report(new PruningStarted(
            request.DisplayName,
            request.Settings.Method.ToString().ToLowerInvariant(),
            request.Plan.Default.ToString()!,
            (tokens?.Windows * tokens?.SequenceLength) ?? 0));
        var step = new ForwardedProgress(value => progress?.Report(new PruningStep(request.DisplayName, value)));
        var fallbacks = new List<string>();
        using MatrixStore store = session.CreateStore(job.Memory);
        SparsityPlan plan = Allocate(tokens, store, fallbacks, step, cancellation);
        SharedInputs? shared = tokens is null ? null : session.SharedInputs(job, tokens);
        var pruner = new ModelPruner(session.Model, request.Settings, plan, tokens, step, shared, store);

        CompanionFiles.Copy(session.Model.Directory, job.Directory);
        using var writer = new CheckpointWriter(session.Model.Checkpoint, job.Directory);
        var layers = new List<PrunedLayer>();
        var known = new HashSet<int>();
        try
        {
            foreach (PrunedLayer layer in pruner.Run(Known, index => steps.Contains(keys.Layers[index], cancellation), cancellation))
            {
                foreach (PrunedTensor tensor in layer.Tensors)
                {
                    writer.Write(tensor.Name, tensor.Values);
                }

                if (!known.Contains(layer.Index))
                {
                    job.Inputs.RequireUnchanged();

                    // Not to be cancelled: who stops a build expects that what is finished is kept.
                    steps.Save(keys.Layers[layer.Index], Describe(layer), layer, Path.Combine(job.Directory, ".layer"), Origin);
                }

                layers.Add(layer with { Tensors = [] });
            }
        }
        catch (OperationCanceledException)
        {
            progress?.Report(new Interrupted(request.DisplayName, cache.IsOn ? layers.Count : 0, session.Model.Definition.Layers.Count));
            throw;
        }

        writer.Complete();
        layers[0] = layers[0] with { Fallbacks = [.. fallbacks, .. layers[0].Fallbacks] };
        return new PruneResult(layers, tokens is null ? null : new CalibrationWindows(tokens.Windows, tokens.SequenceLength), store.SpilledBytes, PeakMemory());

        PrunedLayer? Known(int index)
        {
            PrunedLayer? layer = steps.Load(keys.Layers[index], session.Model.Definition.Layers[index], plan, cancellation);
            if (layer is not null)
            {
                known.Add(index);
            }

            return layer ?? (job.MayPrune ? null : throw NotInCache(FormattableString.Invariant($"layer {index} of {keys.Layers.Count} would have to be pruned")));
        }
    }

    private EntryOrigin Origin => EntryOrigin.Of(session.Model.Directory, request.DisplayName);

    private string Describe(PrunedLayer layer) => FormattableString.Invariant(
        $"{request.DisplayName}: layer {layer.Index} of {Path.GetFileName(Path.GetFullPath(session.Model.Directory))}");

    /// <summary>The plan with the budget spread, where that is asked for.</summary>
    private SparsityPlan Allocate(
        CalibrationTokens? tokens, MatrixStore store, List<string> fallbacks, IProgress<PruningProgress> step, CancellationToken cancellation)
    {
        if (keys.Allocation is null)
        {
            return request.Plan;
        }

        AllocationStep? known = cache.TryGet(keys.Allocation, entry => AllocationStep.Read(entry, request.Plan, session.Model.Definition), cancellation)?.Metadata;
        if (known is null)
        {
            if (!job.MayPrune)
            {
                throw NotInCache("the sparsity of each matrix would have to be found");
            }

            SparsityPlan plan = BudgetAllocation.Allocate(session.Model, request.Settings, request.Plan, tokens, store, fallbacks.Add, step, cancellation);
            known = AllocationStep.Of(plan, fallbacks);
            job.Inputs.RequireUnchanged();
            cache.Put(keys.Allocation, AllocationStep.Kind, $"{request.DisplayName}: the budget of each matrix", [], known, cancellation, Origin);
        }
        else
        {
            fallbacks.AddRange(known.Fallbacks);
        }

        return known.Apply(request.Plan);
    }

    private DiagnosticException NotInCache(string missing) =>
        PipelineDiagnostics.NotInCache.Error(request.Location, $"'{request.DisplayName}' is not in the cache; {missing}. {PruneJob.BuildElsewhere}");

    private static long? PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 is > 0 and var bytes ? bytes : null;
    }

    /// <summary>Reports at once, on the same thread: <see cref="Progress{T}"/> would report late and out of order.</summary>
    private sealed class ForwardedProgress(Action<PruningProgress> report) : IProgress<PruningProgress>
    {
        public void Report(PruningProgress value) => report(value);
    }
}
