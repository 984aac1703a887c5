using System.Diagnostics;
using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Reduction;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Mixtures;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Tuning.Global;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>
/// Prunes a model step by step, each of which is looked for in the cache before it is computed, and stored there as
/// soon as it is: a run that was stopped resumes after its last finished layer.
/// </summary>
internal sealed class PruneRun(
    ModelSession session,
    PruneJob job,
    BuildCache cache,
    IReadOnlyList<IBackend> others,
    IProgress<BuildProgress>? progress)
{
    private readonly PruneRequest request = job.Request;
    private readonly StepKeys keys = job.Keys;

    /// <summary>Writes the pruned model; where it is pruned together with other processes, only its layers, into the
    /// cache.</summary>
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
        using MatrixStore store = session.CreateStore(job.Memory, cache.Scratch());
        string scratch = Path.Combine(job.Directory, ".experts");
        string untuned = Path.Combine(job.Directory, ".layers");
        GlobalReport? global = null;
        try
        {
            IReadOnlyList<IReadOnlyList<int>?>? experts = ChooseExperts(tokens, store, step, cancellation);
            using DecoderModel? smaller = experts is null ? null : WithFewerExperts(experts, scratch);
            DecoderModel model = smaller ?? session.Model;
            IReadOnlyList<PrunedLayer> layers;
            if (job.Part is { } part)
            {
                layers = Share(part, model, tokens, store, fallbacks, step, cancellation);
            }
            else
            {
                SparsityPlan plan = Allocate(model, tokens, store, fallbacks, step, cancellation);
                bool isTuned = keys.Epochs.Count > 0;
                string directory = isTuned ? untuned : job.Directory;
                layers = Write(model, plan, tokens, store, fallbacks, step, directory, cancellation);
                if (isTuned)
                {
                    (layers, global) = Tune(model, untuned, plan, layers, tokens!, store, step, cancellation);
                }
            }

            return new PruneResult(
                layers,
                tokens is null ? null : new CalibrationWindows(tokens.Windows, tokens.SequenceLength),
                store.SpilledBytes,
                PeakMemory())
            {
                Experts = experts,
                Global = global,
            };
        }
        finally
        {
            Delete(scratch);
            Delete(untuned);
        }

        static void Delete(string directory)
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    /// <summary>Writes the model with all of its layers tuned together.</summary>
    private (IReadOnlyList<PrunedLayer> Layers, GlobalReport Report) Tune(
        DecoderModel dense, string untuned, SparsityPlan plan, IReadOnlyList<PrunedLayer> layers,
        CalibrationTokens tokens, MatrixStore store, IProgress<PruningProgress> step, CancellationToken cancellation)
    {
        using var pruned = DecoderModel.Open(untuned, dense.Backend);
        var steps = new EpochSteps(
            cache.WithoutRemote(diagnostic => progress?.Report(new Notice(diagnostic))),
            keys.Epochs,
            request.DisplayName,
            Origin);
        using var tuning = new GlobalTuning(dense, pruned, request.Settings, plan, tokens, store, step);
        try
        {
            steps.Resume(tuning, cancellation);
            if (!job.MayPrune && tuning.HasMore)
            {
                throw NotInCache("its layers would have to be tuned");
            }

            while (tuning.RunEpoch(cancellation))
            {
                job.Inputs.RequireUnchanged();
                steps.Save(tuning);
            }
        }
        catch (OperationCanceledException)
        {
            ReportInterrupted(layers.Count, steps.Last);
            throw;
        }

        CompanionFiles.Copy(untuned, job.Directory);
        using var writer = new CheckpointWriter(pruned.Checkpoint, job.Directory);
        var tuned = new List<PrunedLayer>();
        foreach (PrunedLayer layer in tuning.Result(layers))
        {
            Write(writer, layer);
            tuned.Add(layer with { Tensors = [] });
        }

        writer.Complete();
        return (WithTrouble(tuned.Count == 0 ? layers : tuned, tuning.Report), tuning.Report);
    }

    /// <summary>Notes what went wrong in the passes, if anything did.</summary>
    private static IReadOnlyList<PrunedLayer> WithTrouble(IReadOnlyList<PrunedLayer> layers, GlobalReport report)
    {
        string? trouble = report switch
        {
            { Epochs: [.., { Loss: null }] } => string.Create(
                CultureInfo.InvariantCulture,
                $"pass {report.Epochs.Count} over all layers met a loss that is not finite and was undone; a lower "
                    + $"globalRate may help"),
            { HeldBackBefore: null, Epochs: [{ Loss: { } first }, .., { Loss: { } last }] } when last > first
                => string.Create(
                    CultureInfo.InvariantCulture,
                    $"the loss has risen from {first:G4} in the first pass over all layers to {last:G4} in the last, and "
                        + $"no calibration windows were held back to undo that; a lower globalRate may help"),
            { Kept: 0 } => "tuning all layers together did not lower the loss on held-back calibration windows and was "
                + "undone; more calibration data or a lower globalRate may help",
            _ => null,
        };
        return trouble is null
            ? layers
            : [.. layers.SkipLast(1), layers[^1] with { Fallbacks = [.. layers[^1].Fallbacks, trouble] }];
    }

    private void ReportInterrupted(int finished, int passes = 0) => progress?.Report(new Interrupted(
        request.DisplayName,
        cache.IsOn ? finished : 0,
        keys.Layers.Count,
        passes));

    private static void Write(CheckpointWriter writer, PrunedLayer layer)
    {
        foreach (PrunedTensor tensor in layer.Tensors)
        {
            writer.WriteBytes(tensor.Tensor, tensor.FirstByte, tensor.Bytes);
        }
    }

    private List<PrunedLayer> Write(
        DecoderModel model, SparsityPlan plan, CalibrationTokens? tokens, MatrixStore store, List<string> fallbacks,
        IProgress<PruningProgress> step, string directory, CancellationToken cancellation)
    {
        SharedInputs? shared = tokens is null ? null : session.SharedInputs(job, tokens);
        var pruner = new ModelPruner(model, request.Settings, plan, tokens, step, shared, store, others);

        CompanionFiles.Copy(model.Directory, directory);
        using var writer = new CheckpointWriter(model.Checkpoint, directory);
        var layers = new List<PrunedLayer>();
        try
        {
            foreach (PrunedLayer layer in Layers(pruner, model, plan, cancellation))
            {
                Write(writer, layer);
                layers.Add(layer with { Tensors = [] });
            }

            foreach (TableRows rows in pruner.Tables?.Rows(fallbacks.Add, cancellation) ?? [])
            {
                writer.WriteBytes(rows.Tensor, rows.FirstByte, rows.Bytes);
            }
        }
        catch (OperationCanceledException)
        {
            ReportInterrupted(layers.Count);
            throw;
        }

        writer.Complete();
        layers[0] = layers[0] with { Fallbacks = [.. fallbacks, .. layers[0].Fallbacks] };
        return layers;
    }

    /// <summary>Prunes the layers together with other processes, until all are in the cache.</summary>
    /// <returns>The layers; none where others have all windows.</returns>
    private IReadOnlyList<PrunedLayer> Share(
        WindowPart part, DecoderModel model, CalibrationTokens? tokens, MatrixStore store, List<string> fallbacks,
        IProgress<PruningProgress> step, CancellationToken cancellation)
    {
        SparsityPlan plan;
        using (cache.Lock(keys.Allocation ?? keys.Artifact, cancellation))
        {
            plan = Allocate(model, tokens, store, fallbacks, step, cancellation);
        }

        using SharedWindows? windows = SharedWindows.TryJoin(
            cache,
            keys,
            part,
            Origin,
            job.Directory,
            cancellation);
        while (windows is not null)
        {
            try
            {
                var pruner = new ModelPruner(
                    model,
                    request.Settings,
                    plan,
                    tokens,
                    step,
                    shared: null,
                    store,
                    others,
                    windows);
                var layers = new List<PrunedLayer>();
                foreach (PrunedLayer layer in Layers(pruner, model, plan, cancellation))
                {
                    layers.Add(layer with { Tensors = [] });

                    // Others may still read the sums of this layer, and none those of the one before.
                    windows.Forget(layer.Index - 1);
                }

                windows.Forget(model.Definition.Layers.Count - 1);
                return layers;
            }
            catch (WindowsChangedException)
            {
                // Again, after the last layer that is in the cache.
            }
        }

        return [];
    }

    /// <summary>The pruned layers one after the other, from the cache or stored there.</summary>
    private IEnumerable<PrunedLayer> Layers(
        ModelPruner pruner,
        DecoderModel model,
        SparsityPlan plan,
        CancellationToken cancellation)
    {
        var steps = new LayerStep(cache, model);
        var known = new HashSet<int>();
        foreach (PrunedLayer layer in pruner.Run(
            Known,
            index => steps.Contains(keys.Layers[index], cancellation),
            cancellation))
        {
            // Whoever prunes it too has the same bits.
            bool isStored = known.Contains(layer.Index)
                || (job.Part is not null && steps.Contains(keys.Layers[layer.Index], cancellation));
            if (!isStored)
            {
                job.Inputs.RequireUnchanged();

                // Not to be cancelled: who stops a build expects that what is finished is kept.
                steps.Save(
                    keys.Layers[layer.Index],
                    Describe(layer),
                    layer,
                    Path.Combine(job.Directory, ".layer"),
                    Origin);
            }

            yield return layer;
        }

        PrunedLayer? Known(int index)
        {
            PrunedLayer? layer = steps.Load(keys.Layers[index], model.Definition.Layers[index], plan, cancellation);
            if (layer is not null)
            {
                known.Add(index);
            }

            return layer ?? (job.MayPrune ? null : throw NotInCache(
                FormattableString.Invariant($"layer {index} of {keys.Layers.Count} would have to be pruned")));
        }
    }

    private EntryOrigin Origin => EntryOrigin.Of(session.Model.Directory, request.DisplayName);

    private string Describe(PrunedLayer layer) => FormattableString.Invariant(
        $"{request.DisplayName}: layer {layer.Index} of {ModelName.Of(session.Model.Directory)}");

    /// <summary>The plan with the budget spread, where that is asked for.</summary>
    private SparsityPlan Allocate(
        DecoderModel model, CalibrationTokens? tokens, MatrixStore store, List<string> fallbacks,
        IProgress<PruningProgress> step, CancellationToken cancellation)
    {
        if (keys.Allocation is null)
        {
            return request.Plan;
        }

        AllocationStep? known = cache.TryGet(
            keys.Allocation,
            entry => AllocationStep.Read(entry, request.Plan, model.Definition),
            cancellation)?.Metadata;
        if (known is null)
        {
            if (!job.MayPrune)
            {
                throw NotInCache("the sparsity of each matrix would have to be found");
            }

            SparsityPlan plan = BudgetAllocation.Allocate(
                model,
                request.Settings,
                request.Plan,
                tokens,
                store,
                fallbacks.Add,
                step,
                cancellation);
            known = AllocationStep.Of(plan, fallbacks);
            job.Inputs.RequireUnchanged();
            cache.Put(
                keys.Allocation,
                AllocationStep.Kind,
                $"{request.DisplayName}: the budget of each matrix",
                [],
                known,
                cancellation,
                Origin);
        }
        else
        {
            fallbacks.AddRange(known.Fallbacks);
        }

        return known.Apply(request.Plan);
    }

    /// <summary>The experts that stay, where some are to be dropped.</summary>
    private IReadOnlyList<IReadOnlyList<int>?>? ChooseExperts(
        CalibrationTokens? tokens, MatrixStore store, IProgress<PruningProgress> step, CancellationToken cancellation)
    {
        if (keys.Experts is null)
        {
            return null;
        }

        (DecoderModel dense, double share) = (session.Model, request.Settings.ExpertsKept);
        if (cache.TryGet(
            keys.Experts,
            entry => ExpertsStep.Read(entry, dense.Definition, share),
            cancellation) is { } known)
        {
            return known.Metadata.Kept;
        }

        if (!job.MayPrune)
        {
            throw NotInCache("the experts that stay would have to be found");
        }

        var chosen = new ExpertsStep(
            ExpertSelection.Choose(dense, share, tokens ?? throw CalibrationMissing(), store, step, cancellation));
        job.Inputs.RequireUnchanged();
        cache.Put(
            keys.Experts,
            ExpertsStep.Kind,
            $"{request.DisplayName}: the experts that stay",
            [],
            chosen,
            cancellation,
            Origin);
        return chosen.Kept;
    }

    private DecoderModel WithFewerExperts(IReadOnlyList<IReadOnlyList<int>?> experts, string directory)
    {
        new FewerExperts(session.Model, experts).Write(directory);
        return DecoderModel.Open(directory, session.Model.Backend);
    }

    private static DiagnosticException CalibrationMissing() => PruningDiagnostics.CalibrationMissing.Error(
        null, "which experts are dropped is decided by calibration data; give it a calibration text");

    private DiagnosticException NotInCache(string missing) =>
        PipelineDiagnostics.NotInCache.Error(
            request.Location,
            $"'{request.DisplayName}' is not in the cache; {missing}. {PruneJob.BuildElsewhere}");

    private static long? PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 is > 0 and var bytes ? bytes : null;
    }

    /// <summary>Reports at once, on the same thread: <see cref="Progress{T}"/> would report late and out of
    /// order.</summary>
    private sealed class ForwardedProgress(Action<PruningProgress> report) : IProgress<PruningProgress>
    {
        public void Report(PruningProgress value) => report(value);
    }
}
