using System.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Methods.Sweeps;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tables;
using SparseLlm.Pruning.Tuning;

namespace SparseLlm.Pruning.Methods;

/// <summary>Prunes a model layer by layer, each from the activations of the model pruned so far.</summary>
public sealed class ModelPruner
{
    private readonly DecoderModel model;
    private readonly IBackend backend;
    private readonly PruningSettings settings;
    private readonly SparsityPlan plan;
    private readonly CalibrationTokens? tokens;
    private readonly IProgress<PruningProgress>? progress;
    private readonly SharedInputs? shared;
    private readonly MatrixStore store;
    private readonly FitDevices devices;

    // Of layers that are tuned before they are quantised.
    private readonly FitDevices beforeCodes;
    private readonly FitDevices codes;
    private readonly IWindowShare? share;

    /// <summary>A prune of a model.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="settings">The method.</param>
    /// <param name="plan">How sparse each matrix becomes, its budget spread (<see cref="BudgetAllocation"/>) where the
    /// settings ask for that.</param>
    /// <param name="tokens">The calibration windows; may be null for methods that look at weights only.</param>
    /// <param name="progress">Told of every matrix and layer.</param>
    /// <param name="shared">What prunes with the same settings and tokens share; null to share nothing.</param>
    /// <param name="store">Where activations are kept; null for all of them in memory.</param>
    /// <param name="others">Devices beside the model's, of the same numerics class, that solve matrices too.</param>
    /// <param name="share">This process's share of the windows, where several prune the model together
    /// (<see cref="CanShare"/>); null for all.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The plan does not fit the model, or calibration tokens are
    /// missing.</exception>
    /// <exception cref="ArgumentException">The budget of the plan is still to be spread.</exception>
    public ModelPruner(
        DecoderModel model,
        PruningSettings settings,
        SparsityPlan plan,
        CalibrationTokens? tokens,
        IProgress<PruningProgress>? progress = null,
        SharedInputs? shared = null,
        MatrixStore? store = null,
        IReadOnlyList<IBackend>? others = null,
        IWindowShare? share = null)
    {
        this.model = model;
        backend = model.Backend;
        this.settings = settings;
        this.plan = plan;
        this.tokens = tokens;
        this.progress = progress;
        this.shared = shared;
        this.share = share;
        this.store = store ?? new MatrixStore(backend);
        devices = new FitDevices(settings, backend, others ?? []);
        beforeCodes = new FitDevices(settings with { Quantization = null }, backend, others ?? []);
        codes = new FitDevices(settings, backend, others ?? [], keepsMasks: true);
        Tables = QuantizedTables.Of(model, settings, tokens);
        Require(model.Definition, settings, plan);
        if (tokens is null && settings.NeedsCalibration())
        {
            throw PruningDiagnostics.CalibrationMissing.Error(
                null, $"{Reader(settings)} looks at activations; give it a calibration text");
        }

        if (BudgetAllocation.Applies(model.Definition, settings, plan))
        {
            throw new ArgumentException("its budget is still to be spread over the tensors", nameof(plan));
        }
    }

    /// <summary>The tables of tokens that the pruned model has; null where they are the dense model's.</summary>
    public QuantizedTables? Tables { get; }

    /// <summary>Checks that a method and a plan can be applied to a model.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">They cannot.</exception>
    /// <param name="model">The model.</param>
    /// <param name="settings">The method.</param>
    /// <param name="plan">How sparse each matrix becomes.</param>
    /// <param name="location">Who asks for it, for messages.</param>
    public static void Require(
        ModelDefinition model,
        PruningSettings settings,
        SparsityPlan plan,
        Diagnostics.SourceLocation? location = null)
    {
        plan.Validate(model, location);
        FeedForwardSweeps.RequireUpdates(model, settings, location);
        if (settings.IsTuned && settings.Targets != TargetKind.Dense)
        {
            throw PruningDiagnostics.TuningNeedsTargets.Error(
                location, "tuningEpochs and distillationEpochs tune towards the dense model's activations; use "
                    + "targets: dense with the method sparsellm, or leave them out");
        }
    }

    /// <summary>What of some settings needs calibration data, in words.</summary>
    private static string Reader(PruningSettings settings) => settings switch
    {
        { Method: not PruningMethod.Magnitude } => $"the method {settings.Method.ToString().ToLowerInvariant()}",
        { Quantization: not null } => "quantisation",
        _ => $"the allocation '{settings.Allocation.ToString().ToLowerInvariant()}'",
    };

    /// <summary>Whether several processes can prune a model together, each with some of the windows: where all that
    /// goes through windows is a sum. Tuning and sweeps go through them in steps that build on each other, and what an
    /// expert is fitted to depends on where all tokens go.</summary>
    /// <param name="model">The model.</param>
    /// <param name="settings">The method.</param>
    public static bool CanShare(ModelDefinition model, PruningSettings settings) =>
        settings.NeedsCalibration()
        && !settings.IsTuned
        && !settings.TunesTogether()
        && !FeedForwardSweeps.Apply(settings)
        && !model.Layers.Any(layer => layer.Blocks.Any(block => block.Mixer is ExpertsDefinition));

    /// <summary>Prunes one decoder layer after the other, as the result is enumerated.</summary>
    /// <param name="known">
    /// Gives layers that an earlier run has pruned with the same model, settings and calibration tokens, by index; null
    /// for others. They are not solved again: activations are only taken through them, and only if a layer behind them
    /// is not known.
    /// </param>
    /// <param name="isKnown">Tells whether a layer is known without giving it, from another thread; only what is read
    /// ahead depends on it.</param>
    /// <param name="cancellation">Stops between matrices.</param>
    public IEnumerable<PrunedLayer> Run(
        Func<int, PrunedLayer?>? known = null, Func<int, bool>? isKnown = null,
        CancellationToken cancellation = default)
    {
        using var ahead = new LayerReadAhead(model, isKnown is null ? null : index => !isKnown(index));
        known ??= _ => null;
        var clock = Stopwatch.StartNew();
        IEnumerable<PrunedLayer> layers = devices.Fitting.Solver.NeedsInputs || settings.Quantization is not null
            ? RunOnActivations(known, ahead, clock, cancellation)
            : RunOnWeights(known, ahead, clock, cancellation);
        foreach (PrunedLayer layer in layers)
        {
            yield return layer;
        }
    }

    private IEnumerable<PrunedLayer> RunOnActivations(
        Func<int, PrunedLayer?> known,
        LayerReadAhead ahead,
        Stopwatch clock,
        CancellationToken cancellation)
    {
        var chunks = new TokenChunks(
            tokens!,
            store,
            settings.IsGuarded ? TokenChunks.WindowsToHoldBack(tokens!.Windows) : 0,
            share);
        bool withDense = settings.Targets == TargetKind.Dense;
        DecoderModel tabled = Tables?.Model ?? model;
        using var replay = new LayerReplay(model, tabled, chunks, withDense, known, progress);
        for (int index = 0; index < model.Definition.Layers.Count; index++)
        {
            if (known(index) is { } earlier)
            {
                replay.Add(index);
                progress?.Report(new LayerRestored(index, model.Definition.Layers.Count));
                yield return earlier;
                continue;
            }

            Tables?.Prepare(cancellation);
            CalibrationStreams streams = replay.Streams(cancellation);
            var overlay = new TensorOverlay();
            LayerRecorder recorder = Start(index, overlay);
            using DecoderLayer layer = model.LoadLayer(index, overlay);
            bool isLast = index == model.Definition.Layers.Count - 1;
            bool isTunedFirst = IsTunedBeforeCodes(layer);
            var context = new LayerContext(
                backend,
                plan,
                settings,
                isTunedFirst ? beforeCodes : devices,
                chunks,
                recorder,
                index,
                cancellation);
            using BlockTuning? tuning = settings.IsTuned
                ? new BlockTuning(context, isLast ? tabled.LoadHead : null, tabled == model ? null : model.LoadHead)
                : null;
            using var pruner = new LayerPruner(
                context,
                layer,
                withDense ? model.CopyLayer(layer) : null,
                tuning,
                index == 0 ? shared : null,
                isLast,
                isTunedFirst ? new LayerQuantization(context, model, codes) : null);
            ahead.Begin(index);
            pruner.Prune(streams);
            Finish(index, clock);
            yield return recorder.Result();
        }
    }

    /// <summary>Whether a layer is tuned before it is quantised, as one without experts can be: those are given back to
    /// their files as soon as they are solved.</summary>
    private bool IsTunedBeforeCodes(DecoderLayer layer)
        => settings.Quantization is not null
            && settings.IsTuned
            && !layer.Blocks.Any(block => block.Mixer is Experts);

    private IEnumerable<PrunedLayer> RunOnWeights(
        Func<int, PrunedLayer?> known,
        LayerReadAhead ahead,
        Stopwatch clock,
        CancellationToken cancellation)
    {
        for (int index = 0; index < model.Definition.Layers.Count; index++)
        {
            if (known(index) is { } earlier)
            {
                progress?.Report(new LayerRestored(index, model.Definition.Layers.Count));
                yield return earlier;
                continue;
            }

            LayerRecorder recorder = Start(index, new TensorOverlay());
            using DecoderLayer layer = model.LoadLayer(index);
            ahead.Begin(index);
            foreach (Block block in layer.Blocks)
            {
                PruneByWeights(block.Mixer, recorder, cancellation);
            }

            Finish(index, clock);
            yield return recorder.Result();
        }
    }

    private void PruneByWeights(Mixer mixer, LayerRecorder recorder, CancellationToken cancellation)
    {
        foreach (Linear linear in mixer.Linears)
        {
            cancellation.ThrowIfCancellationRequested();
            PruneByWeights(linear, recorder);
        }

        for (int expert = 0; mixer is Experts experts && expert < experts.Definition.Experts.Count; expert++)
        {
            using FeedForward loaded = experts.Load(expert);
            PruneByWeights(loaded, recorder, cancellation);
            recorder.TakeDown(loaded);
        }
    }

    private void PruneByWeights(Linear linear, LayerRecorder recorder)
    {
        if (plan.PatternFor(linear.Definition) is not { } pattern)
        {
            return;
        }

        using Matrix<float> mask = backend.AllocateUninitialized<float>(linear.Weight.Rows, linear.Weight.Columns);
        devices.Fitting.Solver.Solve(gram: null, linear.Weight, pattern, mask);
        recorder.Add(linear, relativeError: null);
    }

    private LayerRecorder Start(int index, TensorOverlay overlay)
    {
        progress?.Report(new LayerStarted(index, model.Definition.Layers.Count));
        return new LayerRecorder(backend, model.Checkpoint, plan, index, overlay, progress);
    }

    private void Finish(int index, Stopwatch clock) =>
        progress?.Report(new LayerFinished(index, model.Definition.Layers.Count, clock.Elapsed));
}
