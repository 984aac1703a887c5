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
    CancellationToken cancellation) : IDisposable
{
    private readonly RowImportance? importance = dense is not null && settings.RowImportance ? new RowImportance(backend, dense) : null;

    private readonly LayerGuard? guard = chunks.FittedCount < chunks.Count ? new LayerGuard(backend, layer, settings.BlockSize, chunks, recorder) : null;

    private readonly FeedForwardSweeps? sweeps = FeedForwardSweeps.For(backend, layer, dense, plan, settings, fitting, chunks, recorder);

    // Of every chunk that is fitted to, between the stages: the attention context, then the residual stream after attention (which replaces it);
    // of the dense model, the residual stream after attention, and the layer's output before any norm behind it.
    private readonly ActivationStream contexts = new(chunks.Count);
    private readonly ActivationStream residuals = new(chunks.Count);
    private readonly ActivationStream denseResiduals = new(chunks.Count);
    private readonly ActivationStream denseSums = new(chunks.Count);

    // Groups whose solution waits until the inputs of all have been seen.
    private readonly List<(FitGroup Group, IReadOnlyList<float[]?> Importance)> waiting = [];

    /// <summary>Prunes the layer and takes both streams through it.</summary>
    public void Prune(CalibrationStreams streams)
    {
        FitAttentionProjections(streams);
        FitAttentionOutput(streams);
        FitFeedForwardProjections(streams);
        FitFeedForwardOutput();
        if (!settings.Sequential)
        {
            SolveWaiting();
            UpdateResiduals(streams);
        }

        sweeps?.Run(importance, residuals, denseResiduals, denseSums, cancellation);
        Propagate(streams);
    }

    private void FitAttentionProjections(CalibrationStreams streams)
    {
        Attention attention = layer.Attention;
        FitGroup group = Group(shared, attention.Query, attention.Key, attention.Value);
        ForEachChunk(chunk =>
        {
            using Matrix<float> input = layer.AttentionInput(streams.Pruned[chunk]);
            if (dense is null)
            {
                group.Add(input);
                return;
            }

            using Matrix<float> denseInput = dense.AttentionInput(streams.Dense![chunk]);
            using Matrix<float> q = dense.Attention.Query.Apply(denseInput);
            using Matrix<float> k = dense.Attention.Key.Apply(denseInput);
            using Matrix<float> v = dense.Attention.Value.Apply(denseInput);
            group.Add(input, q, k, v);
            importance?.AddAttention(q, k);
            using Matrix<float> context = dense.Attention.Attend(q, k, v, chunks.SequenceLength);
            denseSums[chunk] = dense.AddProjected(streams.Dense[chunk], dense.Attention.Output, context);
        });
        Finish(group, importance?.Query(), importance?.Key(), importance?.Value());
    }

    private void FitAttentionOutput(CalibrationStreams streams)
    {
        FitGroup group = Group(layer.Attention.Output);
        ForEachChunk(chunk =>
        {
            using Matrix<float> input = layer.AttentionInput(streams.Pruned[chunk]);
            contexts[chunk] = layer.Attention.Context(input, chunks.SequenceLength);
            AddRepairing(group, contexts[chunk], streams.Pruned[chunk], chunk);
        });
        Finish(group, [null]);
    }

    private void FitFeedForwardProjections(CalibrationStreams streams)
    {
        FeedForward feedForward = layer.FeedForward;
        FitGroup group = feedForward.Gate is { } gate ? Group(feedForward.Up, gate) : Group(feedForward.Up);
        ForEachChunk(chunk =>
        {
            residuals[chunk] = layer.AfterAttention(streams.Pruned[chunk], contexts[chunk]);
            using Matrix<float> input = layer.FeedForwardInput(residuals[chunk]);
            if (dense is null)
            {
                group.Add(input);
            }
            else
            {
                AddFeedForwardTargets(group, input, chunk);
            }
        });
        Finish(group, importance?.Up(), importance?.Gate());
    }

    private void AddFeedForwardTargets(FitGroup group, Matrix<float> input, int chunk)
    {
        denseResiduals[chunk] = layer.Definition.NormFirst ? denseSums.Take(chunk) : dense!.AttentionNorm.Apply(denseSums[chunk]);
        using Matrix<float> denseInput = dense!.FeedForwardInput(denseResiduals[chunk]);
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
        denseSums[chunk] = dense.AddProjected(denseResiduals[chunk], dense.FeedForward.Down, up);
    }

    private void FitFeedForwardOutput()
    {
        FitGroup group = Group(layer.FeedForward.Down);
        ForEachChunk(chunk =>
        {
            using Matrix<float> input = layer.FeedForwardInput(residuals[chunk]);
            using Matrix<float> hidden = layer.FeedForward.Hidden(input);
            AddRepairing(group, hidden, residuals[chunk], chunk);
        });
        Finish(group, [null]);
    }

    private void Propagate(CalibrationStreams streams)
    {
        ActivationStream? nextDense = dense is null ? null : DenseOutputs(dense, streams.Dense!);
        bool changed = guard is not null && guard.KeepBetter(streams.Pruned, nextDense!);
        if (tuning is not null)
        {
            tuning.Tune(layer, streams.Pruned, nextDense!);
            changed = true;
        }

        if (changed)
        {
            UpdateResiduals(streams);
        }

        var next = new ActivationStream(chunks.Count);
        ForEachChunk(chunk => next[chunk] = layer.FeedForwardBlock(residuals[chunk]));
        ForwardHeldBack(layer, streams.Pruned, next);
        streams.Advance(next, nextDense);
    }

    private ActivationStream DenseOutputs(DecoderLayer dense, ActivationStream inputs)
    {
        var outputs = new ActivationStream(chunks.Count);
        ForEachChunk(chunk => outputs[chunk] =
            layer.Definition.NormFirst ? denseSums.Take(chunk) : dense.FeedForwardNorm.Apply(denseSums[chunk]));
        ForwardHeldBack(dense, inputs, outputs);
        return outputs;
    }

    private void ForwardHeldBack(DecoderLayer through, ActivationStream inputs, ActivationStream outputs)
    {
        for (int chunk = chunks.FittedCount; chunk < chunks.Count; chunk++)
        {
            outputs[chunk] = through.Forward(inputs[chunk], chunks.SequenceLength);
        }
    }

    /// <summary>Adds inputs of o or down, with what the dense residual stream has behind it and the pruned one has not before it.</summary>
    private void AddRepairing(FitGroup group, Matrix<float> input, Matrix<float> residual, int chunk)
    {
        if (dense is null)
        {
            group.Add(input);
            return;
        }

        using Matrix<float> target = backend.AllocateUninitialized<float>(residual.Rows, residual.Columns);
        backend.Combine(1, denseSums[chunk], -1, residual, target);
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

    /// <summary>The residual stream after attention, with the attention block as it is now.</summary>
    private void UpdateResiduals(CalibrationStreams streams) =>
        ForEachChunk(chunk => residuals[chunk] = layer.AttentionBlock(streams.Pruned[chunk], chunks.SequenceLength));

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
        importance?.Dispose();
        guard?.Dispose();
        sweeps?.Dispose();
        contexts.Dispose();
        residuals.Dispose();
        denseResiduals.Dispose();
        denseSums.Dispose();
    }
}
