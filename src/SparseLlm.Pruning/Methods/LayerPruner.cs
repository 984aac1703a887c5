using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Methods.Guarding;
using SparseLlm.Pruning.Methods.Sweeps;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tuning;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// Prunes one decoder layer, in the order in which data flows through it: q, k and v; o; up and gate; down. The inputs of each come
/// from the layer as pruned so far (true sequential). With targets from the dense model, o and down are fitted to
/// what the dense residual stream has and the pruned one lacks, so that they repair the loss of everything before them.
/// The dense layer becomes this object's, which disposes it as soon as all activations have been through.
/// </summary>
internal sealed class LayerPruner(
    IBackend backend,
    DecoderLayer layer,
    DecoderLayer? dense,
    SparsityPlan plan,
    PruningSettings settings,
    FitSettings fitting,
    TokenChunks chunks,
    LayerRecorder recorder,
    BlockTuning? tuning,
    SharedInputs? shared,
    bool isLast,
    CancellationToken cancellation) : IDisposable
{
    private readonly RowImportance? importance = dense is not null && settings.RowImportance ? new RowImportance(backend, dense) : null;

    private readonly LayerGuard? guard = chunks.FittedCount < chunks.Count ? new LayerGuard(backend, layer, settings.BlockSize, chunks, recorder) : null;

    private readonly FeedForwardSweeps? sweeps = FeedForwardSweeps.For(backend, layer, plan, settings, fitting, chunks, recorder);

    // Of every chunk that is fitted to: the attention context, then the residual stream after attention, which takes its place. The dense stream
    // goes through the same stages (see AddFeedForwardTargets), and what runs into its feed-forward block is kept where sweeps start from it.
    private readonly ActivationStream between = chunks.Stream();
    private readonly ActivationStream denseInputs = chunks.Stream();

    // Groups whose solution waits until the inputs of all have been seen.
    private readonly List<(FitGroup Group, IReadOnlyList<float[]?> Importance)> waiting = [];

    // Of the rows of up and gate.
    private IReadOnlyList<float[]?> feedForwardImportance = [null, null];

    /// <summary>Prunes the layer and takes both streams through it, unless no layer follows.</summary>
    public void Prune(CalibrationStreams streams)
    {
        FitAttentionProjections(streams);
        FitAttentionOutput(streams);
        FitFeedForwardProjections(streams);
        FitFeedForwardOutput(streams);
        if (!settings.Sequential)
        {
            SolveWaiting();
            if (sweeps is not null || !isLast)
            {
                ForEachChunk(chunk => between.Put(chunk, Through(streams.Pruned, chunk, x => layer.AttentionBlock(x, chunks.SequenceLength))));
            }
        }

        sweeps?.Run(feedForwardImportance, between, denseInputs, streams.Dense, cancellation);
        Propagate(streams);
    }

    private void FitAttentionProjections(CalibrationStreams streams)
    {
        Attention attention = layer.Attention;
        FitGroup group = Group(shared, attention.Query, attention.Key, attention.Value);
        ForEachChunk(chunk =>
        {
            using Matrix<float> x = streams.Pruned.Read(chunk);
            using Matrix<float> input = layer.AttentionInput(x);
            if (dense is null)
            {
                group.Add(input);
            }
            else
            {
                AddAttentionTargets(group, input, streams.Dense!, chunk);
            }
        });
        if (dense is not null)
        {
            ForwardHeldBack(dense, streams.Dense!);
        }

        Finish(group, importance?.Query(), importance?.Key(), importance?.Value());
    }

    /// <summary>Adds the dense layer's q, k and v, and takes the dense stream through attention.</summary>
    private void AddAttentionTargets(FitGroup group, Matrix<float> input, ActivationStream denseStream, int chunk)
    {
        using Matrix<float> x = denseStream.Read(chunk);
        using Matrix<float> denseInput = dense!.AttentionInput(x);
        using Matrix<float> q = dense.Attention.Query.Apply(denseInput);
        using Matrix<float> k = dense.Attention.Key.Apply(denseInput);
        using Matrix<float> v = dense.Attention.Value.Apply(denseInput);
        group.Add(input, q, k, v);
        importance?.AddAttention(q, k);
        using Matrix<float> context = dense.Attention.Attend(q, k, v, chunks.SequenceLength);
        denseStream.Put(chunk, dense.AddProjected(x, dense.Attention.Output, context));
    }

    private void FitAttentionOutput(CalibrationStreams streams)
    {
        FitGroup group = Group(layer.Attention.Output);
        ForEachChunk(chunk =>
        {
            using Matrix<float> x = streams.Pruned.Read(chunk);
            using Matrix<float> input = layer.AttentionInput(x);
            Matrix<float> context = layer.Attention.Context(input, chunks.SequenceLength);
            AddRepairing(group, context, x, streams.Dense, chunk);
            between.Put(chunk, context);
        });
        Finish(group, [null]);
    }

    private void FitFeedForwardProjections(CalibrationStreams streams)
    {
        FeedForward feedForward = layer.FeedForward;
        FitGroup group = feedForward.Gate is { } gate ? Group(feedForward.Up, gate) : Group(feedForward.Up);
        ForEachChunk(chunk =>
        {
            using Matrix<float> x = streams.Pruned.Read(chunk);
            Matrix<float> residual = Through(between, chunk, context => layer.AfterAttention(x, context));
            using Matrix<float> input = layer.FeedForwardInput(residual);
            if (dense is null)
            {
                group.Add(input);
            }
            else
            {
                AddFeedForwardTargets(group, input, streams.Dense!, chunk);
            }

            between.Put(chunk, residual);
        });
        feedForwardImportance = [importance?.Up(), importance?.Gate()];
        dense?.Dispose();
        Finish(group, feedForwardImportance);
    }

    /// <summary>Adds the dense layer's up and gate, and takes the dense stream from behind attention to the layer's output, before any norm behind it.</summary>
    private void AddFeedForwardTargets(FitGroup group, Matrix<float> input, ActivationStream denseStream, int chunk)
    {
        using Matrix<float> residual = layer.Definition.NormFirst ? denseStream.Read(chunk) : Through(denseStream, chunk, dense!.AttentionNorm.Apply);
        Matrix<float> denseInput = dense!.FeedForwardInput(residual);
        using Matrix<float> up = dense.FeedForward.Up.Apply(denseInput);
        using Matrix<float>? gate = dense.FeedForward.Gate?.Apply(denseInput);
        if (gate is null)
        {
            group.Add(input, up);
        }
        else
        {
            group.Add(input, up, gate);
        }

        importance?.AddFeedForward(gate, up);
        dense.FeedForward.Activate(gate, up);
        denseStream.Put(chunk, dense.AddProjected(residual, dense.FeedForward.Down, up));
        if (sweeps is null)
        {
            denseInput.Dispose();
        }
        else
        {
            denseInputs.Put(chunk, denseInput);
        }
    }

    private void FitFeedForwardOutput(CalibrationStreams streams)
    {
        FitGroup group = Group(layer.FeedForward.Down);
        ForEachChunk(chunk =>
        {
            using Matrix<float> residual = between.Read(chunk);
            using Matrix<float> input = layer.FeedForwardInput(residual);
            using Matrix<float> hidden = layer.FeedForward.Hidden(input);
            AddRepairing(group, hidden, residual, streams.Dense, chunk);
        });
        Finish(group, [null]);
    }

    private void Propagate(CalibrationStreams streams)
    {
        if (streams.Dense is { } targets && !layer.Definition.NormFirst)
        {
            ForEachChunk(chunk => targets.Put(chunk, Through(targets, chunk, layer.FeedForwardNorm.Apply)));
        }

        bool changed = guard is not null && guard.KeepBetter(streams.Pruned, streams.Dense!);
        if (tuning is not null)
        {
            tuning.Tune(layer, streams.Pruned, streams.Dense!);
            changed = true;
        }

        if (isLast)
        {
            return;
        }

        ForEachChunk(chunk =>
        {
            streams.Pruned.Put(chunk, changed
                ? Through(streams.Pruned, chunk, x => layer.Forward(x, chunks.SequenceLength))
                : Through(between, chunk, layer.FeedForwardBlock));
            between.Drop(chunk);
        });
        ForwardHeldBack(layer, streams.Pruned);
    }

    /// <summary>Takes the windows that nothing is fitted to through a whole layer.</summary>
    private void ForwardHeldBack(DecoderLayer through, ActivationStream stream)
    {
        for (int chunk = chunks.FittedCount; chunk < chunks.Count; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Put(chunk, Through(stream, chunk, x => through.Forward(x, chunks.SequenceLength)));
        }
    }

    /// <summary>What becomes of a chunk, a new matrix.</summary>
    private static Matrix<float> Through(ActivationStream stream, int chunk, Func<Matrix<float>, Matrix<float>> stage)
    {
        using Matrix<float> x = stream.Read(chunk);
        return stage(x);
    }

    /// <summary>Adds inputs of o or down, with what the dense residual stream has behind it and the pruned one has not before it.</summary>
    private void AddRepairing(FitGroup group, Matrix<float> input, Matrix<float> residual, ActivationStream? denseStream, int chunk)
    {
        if (denseStream is null)
        {
            group.Add(input);
            return;
        }

        using Matrix<float> sum = denseStream.Read(chunk);
        using Matrix<float> target = backend.AllocateUninitialized<float>(residual.Rows, residual.Columns);
        backend.Combine(1, sum, -1, residual, target);
        group.Add(input, target);
    }

    private FitGroup Group(params ReadOnlySpan<Linear> linears) => Group(shared: null, linears);

    private FitGroup Group(SharedInputs? shared, params ReadOnlySpan<Linear> linears)
    {
        var fits = new List<LinearFit?>();
        foreach (Linear linear in linears)
        {
            SparsityPattern? pattern = plan.PatternFor(linear.Definition);
            fits.Add(pattern is null ? null : new LinearFit(backend, linear, pattern, dense is not null, settings.BiasRefit && dense is not null));
        }

        return new FitGroup(backend, linears[0].Definition.Inputs, fits, shared);
    }

    private void Finish(FitGroup group, params IReadOnlyList<float[]?> rowImportance)
    {
        waiting.Add((group, rowImportance));
        if (settings.Sequential)
        {
            SolveWaiting();
        }
    }

    private void SolveWaiting()
    {
        foreach ((FitGroup group, IReadOnlyList<float[]?> rowImportance) in waiting)
        {
            group.Solve(fitting, rowImportance, (fit, error) => recorder.Add(fit.Linear, error), recorder.AddFallback, guard);
            group.Dispose();
        }

        waiting.Clear();
    }

    /// <summary>Every chunk that the layer is fitted to.</summary>
    private void ForEachChunk(Action<int> action)
    {
        for (int chunk = 0; chunk < chunks.FittedCount; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            action(chunk);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        waiting.ForEach(entry => entry.Group.Dispose());
        dense?.Dispose();
        importance?.Dispose();
        guard?.Dispose();
        sweeps?.Dispose();
        between.Dispose();
        denseInputs.Dispose();
    }
}
