using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Methods.Guarding;
using SparseLlm.Pruning.Methods.Importance;
using SparseLlm.Pruning.Methods.Mixtures;
using SparseLlm.Pruning.Methods.Sweeps;
using SparseLlm.Pruning.Tuning;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// Prunes one decoder layer, stage by stage, in the order in which data flows through it. The inputs of each stage come
/// from the layer as pruned so far (true sequential). With targets from the dense model, the last matrix of a block is
/// fitted to what the dense residual stream has and the pruned one lacks, where the layer allows that
/// (<see cref="Models.Definitions.LayerDefinition.Repairs"/>), so that it repairs the loss of everything before it. The
/// dense layer becomes this object's, which disposes it as soon as all activations have been through.
/// </summary>
internal sealed class LayerPruner(
    LayerContext context, DecoderLayer layer, DecoderLayer? dense, BlockTuning? tuning, SharedInputs? shared,
    bool isLast, LayerQuantization? quantization = null) : IDisposable
{
    private readonly LayerGuard? guard = !context.KeepsMasks && context.Chunks.FittedCount < context.Chunks.Count
        ? new LayerGuard(context, layer)
        : null;
    private readonly FeedForwardSweeps? sweeps = FeedForwardSweeps.For(context, layer);

    // Of the current block, on every chunk that is fitted to: the input of its output projection, until the stream goes
    // on; what that should give, where it repairs nothing; and what runs into the dense block, where sweeps start from
    // it.
    private readonly ActivationStream hidden = context.Chunks.Stream();
    private readonly ActivationStream ownTargets = context.Chunks.Stream();
    private readonly ActivationStream denseInputs = context.Chunks.Stream();

    // Groups whose solution waits until the inputs of all have been seen.
    private readonly List<FitJob> waiting = [];

    // Of the rows of the last block's projections.
    private IReadOnlyList<float[]?> lastImportance = [];

    private int LastBlock => layer.Blocks.Count - 1;

    /// <summary>Prunes the layer and takes both streams through it, unless no layer follows.</summary>
    public void Prune(CalibrationStreams streams)
    {
        using var pruned = new ResidualStream(context, layer, streams.Pruned);
        using DenseStream? targets = streams.Dense is null ? null : new DenseStream(context, layer, streams.Dense);
        for (int block = 0; block < layer.Blocks.Count; block++)
        {
            Prune(block, pruned, targets, streams.Dense);
            if (block < LastBlock)
            {
                pruned.Advance(chunk => Output(block, chunk, pruned));
            }
        }

        SolveWaiting();
        if (sweeps is not null)
        {
            SweepLastBlock(pruned, targets);
        }

        Propagate(streams, pruned, targets);
    }

    private void Prune(int block, ResidualStream pruned, DenseStream? targets, ActivationStream? denseStream)
    {
        if (layer.Blocks[block].Mixer is Experts experts)
        {
            using var pruner = new ExpertsPruner(context, experts, dense?.Blocks[block].Mixer as Experts);
            pruner.Prune(block, pruned, targets, layer.Definition.Index);
            return;
        }

        FitProjections(block, pruned, targets, denseStream);
        FitOutput(block, pruned, targets);
    }

    private void FitProjections(int block, ResidualStream pruned, DenseStream? targets, ActivationStream? denseStream)
    {
        StagedMixer mixer = Staged(layer, block);
        FitGroup group = context.Group(mixer.Projections, hasTargets: dense is not null, block == 0 ? shared : null);
        using IRowImportance? importance =
            dense is not null && context.Settings.RowImportance && !context.KeepsMasks
                ? IRowImportance.Of(context.Backend, Staged(dense, block))
                : null;
        context.Sum(NameOf(mixer.Projections[0]), group, importance?.Sums ?? [], chunk =>
        {
            using Matrix<float> input = pruned.Input(chunk);
            if (targets is null)
            {
                group.Add(input);
            }
            else
            {
                AddTargets(block, group, importance, input, targets, chunk);
            }
        });
        if (dense is not null && block == 0)
        {
            ForwardHeldBack(dense, denseStream!);
        }

        IReadOnlyList<float[]?> rows = importance?.Rows(context.Chunks.FittedTokens)
            ?? new float[]?[mixer.Projections.Count];
        if (block == LastBlock)
        {
            lastImportance = rows;
            dense?.Dispose();
        }

        Finish(group, rows);
    }

    /// <summary>Adds what the dense projections give, and takes the dense stream through the block.</summary>
    private void AddTargets(
        int block,
        FitGroup group,
        IRowImportance? importance,
        Matrix<float> input,
        DenseStream targets,
        int chunk)
    {
        StagedMixer mixer = Staged(dense!, block);
        using Matrix<float> sum = targets.Sum(block, chunk);
        Matrix<float> denseInput = targets.Input(block, chunk, sum);
        IReadOnlyList<Matrix<float>> projected = mixer.Project(denseInput);
        group.Add(input, [.. projected]);
        importance?.Add(projected);
        using Matrix<float> denseHidden = mixer.Hidden(projected, context.Chunks.SequenceLength);
        Matrix<float> output = mixer.Output.Apply(denseHidden);
        if (!layer.Definition.Repairs(block))
        {
            ownTargets.Put(chunk, context.Backend.CopyOf(output));
        }

        targets.Add(block, chunk, sum, output);
        if (sweeps is null || block < LastBlock)
        {
            denseInput.Dispose();
        }
        else
        {
            denseInputs.Put(chunk, denseInput);
        }
    }

    private void FitOutput(int block, ResidualStream pruned, DenseStream? targets)
    {
        StagedMixer mixer = Staged(layer, block);
        FitGroup group = context.Group([mixer.Output], hasTargets: dense is not null);
        context.Sum(NameOf(mixer.Output), group, [], chunk =>
        {
            using Matrix<float> input = pruned.Input(chunk);
            Matrix<float> outputInput = mixer.Hidden(input, context.Chunks.SequenceLength);
            if (targets is null)
            {
                group.Add(outputInput);
            }
            else
            {
                using Matrix<float> target = Target(block, chunk, pruned, targets);
                group.Add(outputInput, target);
            }

            if (block < LastBlock)
            {
                hidden.Put(chunk, outputInput);
            }
            else
            {
                outputInput.Dispose();
            }
        });
        Finish(group, [null]);
    }

    private Matrix<float> Target(int block, int chunk, ResidualStream pruned, DenseStream targets)
    {
        if (!layer.Definition.Repairs(block))
        {
            return ownTargets.Take(chunk);
        }

        using Matrix<float> sum = pruned.Sum(chunk);
        return targets.Missing(chunk, sum);
    }

    /// <summary>What comes out of a block's mixer, now that the block is pruned.</summary>
    private Matrix<float> Output(int block, int chunk, ResidualStream pruned)
    {
        if (layer.Blocks[block].Mixer is StagedMixer mixer)
        {
            using Matrix<float> input = hidden.Take(chunk);
            return mixer.Output.Apply(input);
        }

        using Matrix<float> mixerInput = pruned.Input(chunk);
        return layer.Blocks[block].Mixer.Forward(mixerInput, context.Chunks.SequenceLength);
    }

    private void SweepLastBlock(ResidualStream pruned, DenseStream? targets)
    {
        if (!context.Settings.Sequential)
        {
            pruned.Restart();
        }

        sweeps!.Run(lastImportance, pruned, denseInputs, targets);
    }

    private void Propagate(CalibrationStreams streams, ResidualStream pruned, DenseStream? targets)
    {
        targets?.Complete();
        bool changed = guard is not null && guard.KeepBetter(streams.Pruned, streams.Dense!);
        if (tuning is not null)
        {
            Tune(tuning, streams);
            changed = true;
        }

        if (isLast)
        {
            return;
        }

        // Where groups have waited, what is before the last block is not what it was.
        changed |= !context.Settings.Sequential;
        context.ForEachChunk(
            chunk => streams.Pruned.Put(chunk, changed ? Forward(layer, streams.Pruned, chunk) : pruned.Output(chunk)));
        ForwardHeldBack(layer, streams.Pruned);
    }

    /// <summary>Tunes the layer; where it is to be quantised, before that and after it.</summary>
    private void Tune(BlockTuning tuning, CalibrationStreams streams)
    {
        if (quantization is not null)
        {
            tuning.Tune(layer, streams.Pruned, streams.Dense!, hasCodes: false);
            quantization.Quantize(layer, streams.Pruned);
        }

        tuning.Tune(layer, streams.Pruned, streams.Dense!, hasCodes: context.Settings.Quantization is not null);
    }

    /// <summary>Takes the windows that nothing is fitted to through a whole layer.</summary>
    private void ForwardHeldBack(DecoderLayer through, ActivationStream stream)
    {
        for (int chunk = context.Chunks.FittedCount; chunk < context.Chunks.Count; chunk++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            stream.Put(chunk, Forward(through, stream, chunk));
        }
    }

    private Matrix<float> Forward(DecoderLayer through, ActivationStream stream, int chunk)
    {
        using Matrix<float> x = stream.Read(chunk);
        return through.Forward(x, context.Chunks.SequenceLength);
    }

    private static string NameOf(Linear linear) => linear.Definition.WeightName;

    private static StagedMixer Staged(DecoderLayer of, int block) => (StagedMixer)of.Blocks[block].Mixer;

    private void Finish(FitGroup group, IReadOnlyList<float[]?> rowImportance)
    {
        waiting.Add(new FitJob(group, rowImportance));
        if (context.Settings.Sequential)
        {
            SolveWaiting();
        }
    }

    private void SolveWaiting()
    {
        context.Devices.Solve(
            waiting,
            Record,
            context.Recorder.AddFallback,
            guard is null ? null : guard.Add);
        waiting.ForEach(job => job.Group.Dispose());
        waiting.Clear();
    }

    private void Record(LinearFit fit, double error)
    {
        if (context.KeepsMasks)
        {
            context.Recorder.Update(fit.Linear);
        }
        else
        {
            context.Recorder.Add(fit.Linear, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        waiting.ForEach(job => job.Group.Dispose());
        dense?.Dispose();
        guard?.Dispose();
        sweeps?.Dispose();
        hidden.Dispose();
        ownTargets.Dispose();
        denseInputs.Dispose();
    }
}
