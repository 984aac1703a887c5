using SparseLlm.Diagnostics;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>
/// SparseLLM's alternation between the weights of a feed-forward block and its auxiliary variables p, z and s (Bai et
/// al. 2024, algorithm 1), after the block has been pruned once. A sweep is kept only if the block's output on
/// held-back windows comes closer to its target; else the weights of before come back, and the sweeps end.
/// </summary>
internal sealed class FeedForwardSweeps : IDisposable
{
    private readonly LayerContext context;
    private readonly FeedForward block;
    private readonly IBackend backend;
    private readonly TokenChunks chunks;
    private readonly Penalties penalties;
    private readonly ParameterSnapshot unpruned;
    private readonly HeldBackTokens heldBack;
    private readonly AuxiliaryVariables fitted;

    private FeedForwardSweeps(LayerContext context, FeedForward block)
    {
        (this.context, this.block, backend, chunks) = (context, block, context.Backend, context.Chunks);
        penalties = Penalties.For(context.Settings, block.Definition);
        unpruned = Snapshot();
        heldBack = new HeldBackTokens(backend, chunks);
        fitted = new AuxiliaryVariables(chunks);
    }

    /// <summary>The sweeps of a layer that is not pruned yet, or null where the settings ask for none.</summary>
    public static FeedForwardSweeps? For(LayerContext context, DecoderLayer layer) =>
        layer.Blocks[^1].Mixer is FeedForward block
        && block.Linears.Any(linear => context.Plan.PatternFor(linear.Definition) is not null)
        && Apply(context.Settings)
            ? new FeedForwardSweeps(context, block)
            : null;

    /// <summary>Checks that the sweeps that the settings ask for are known for a model.</summary>
    /// <exception cref="DiagnosticException">They are not.</exception>
    public static void RequireUpdates(ModelDefinition model, PruningSettings settings, SourceLocation? location = null)
    {
        if (Apply(settings) && !model.Layers.All(HasUpdates))
        {
            throw PruningDiagnostics.SweepsDoNotApply.Error(
                location,
                $"the sweeps of sparsellm need feed-forward blocks with ReLU, or with SiLU behind a gate, that end "
                + $"their layer; a {model.Architecture} has others. " +
                "Leave out 'sweeps' and 'variant', and the coordinated form without sweeps is used");
        }
    }

    /// <summary>Whether settings ask for sweeps.</summary>
    public static bool Apply(PruningSettings settings) => SweepsAfterPruning(settings) > 0;

    private static bool HasUpdates(LayerDefinition layer) =>
        layer.Blocks[^1].Mixer is FeedForwardDefinition block
        && block.Activation.HasUpdate(isGated: block.Gate is not null)
        && layer.Wiring == Wiring.Sequential
        && layer.Repairs(layer.Blocks.Count - 1);

    /// <summary>The first sweep of the paper only prunes, which has been done when the sweeps here begin.</summary>
    private static int SweepsAfterPruning(PruningSettings settings) =>
        settings.Method != PruningMethod.SparseLlm ? 0
        : settings.Variant == SparseLlmVariant.Paper ? settings.Sweeps - 1
        : settings.Sweeps;

    /// <summary>Sweeps over the block that has been pruned by now.</summary>
    /// <param name="importance">How much the model depends on the rows of up and gate; null for all the same.</param>
    /// <param name="pruned">The pruned model's residual stream, before the block.</param>
    /// <param name="denseInputs">The block's inputs in the dense model; filled where targets come from it.</param>
    /// <param name="targets">The dense model's stream, behind the block; null where targets do not come from
    /// it.</param>
    public void Run(
        IReadOnlyList<float[]?> importance,
        ResidualStream pruned,
        ActivationStream denseInputs,
        DenseStream? targets)
    {
        using (FeedForward dense = ReadUnpruned())
        {
            context.ForEachChunk(chunk => Start(chunk, dense, pruned, denseInputs, targets));
        }

        if (fitted.Count > 0)
        {
            Alternate(importance);
        }
    }

    /// <summary>The variables at their start: the dense activations.</summary>
    private void Start(
        int chunk,
        FeedForward dense,
        ResidualStream pruned,
        ActivationStream denseInputs,
        DenseStream? targets)
    {
        using Matrix<float> input = pruned.Input(chunk);
        using Matrix<float> target = targets is null ? Output(dense, input) : Missing(pruned, targets, chunk);
        int rows = heldBack.FittedRows(chunk);
        if (rows > 0)
        {
            using Matrix<float> denseInput = targets is null ? input.Slice(0, rows) : denseInputs.Read(chunk, 0, rows);
            fitted.Add(new AuxiliaryChunk(
                Rows(input, 0, rows), Rows(target, 0, rows), dense.Up.Apply(denseInput), dense.Gate?
                    .Apply(denseInput)));
        }

        denseInputs.Drop(chunk);
        if (rows < input.Rows)
        {
            heldBack.Add(Rows(input, rows, input.Rows - rows), Rows(target, rows, input.Rows - rows));
        }
    }

    private void Alternate(IReadOnlyList<float[]?> importance)
    {
        double before = heldBack.Error(block);
        double error = before;
        (int tried, int accepted) = (0, 0);
        Dictionary<Linear, double> kept = [];
        while (tried == accepted && tried < SweepsAfterPruning(context.Settings))
        {
            using ParameterSnapshot previous = Snapshot();
            Dictionary<Linear, double> solved = Sweep(importance);
            double after = heldBack.Error(block);
            tried++;
            if (after < error)
            {
                (error, kept) = (after, solved);
                accepted++;
            }
            else
            {
                previous.Restore();
                foreach (Linear linear in solved.Keys)
                {
                    context.Recorder.Round(linear);
                }
            }
        }

        foreach ((Linear linear, double relativeError) in kept)
        {
            context.Recorder.Add(linear, relativeError);
        }

        context.Recorder.AddSweeps(tried, accepted, before, error);
    }

    /// <summary>Auxiliary variables, then up and gate, then down.</summary>
    /// <returns>The relative error of each solved matrix.</returns>
    private Dictionary<Linear, double> Sweep(IReadOnlyList<float[]?> importance)
    {
        var solved = new Dictionary<Linear, double>();
        using FitGroup projections = context.Group(block.Projections, hasTargets: true);
        using FitGroup output = context.Group([block.Output], hasTargets: true);
        using (var hiddenUpdate = new HiddenUpdate(backend, block.Output, penalties))
        {
            for (int chunk = 0; chunk < fitted.Count; chunk++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                fitted.Change(chunk, variables =>
                {
                    using Matrix<float> hidden = variables.Update(backend, block, hiddenUpdate, penalties);
                    projections.Add(
                        variables.Input,
                        variables.Gate is null ? [variables.Up] : [variables.Up, variables.Gate]);
                    if (context.Settings.Variant == SparseLlmVariant.Paper)
                    {
                        output.Add(hidden, variables.Target);
                    }
                });
            }
        }

        Solve(projections, importance, solved);
        if (context.Settings.Variant == SparseLlmVariant.Coordinated)
        {
            for (int chunk = 0; chunk < fitted.Count; chunk++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                fitted.Read(chunk, (input, target) =>
                {
                    using Matrix<float> hidden = block.Hidden(input);
                    output.Add(hidden, target);
                });
            }
        }

        Solve(output, [null], solved);
        return solved;
    }

    /// <summary>Solves a group, each matrix drawn towards its dense weights.</summary>
    private void Solve(FitGroup group, IReadOnlyList<float[]?> importance, Dictionary<Linear, double> solved)
    {
        foreach (Linear linear in group.Linears)
        {
            unpruned.Restore(linear.Weight);
        }

        context.Devices.Solve(
            [new FitJob(group, importance)],
            (fit, error) =>
            {
                context.Recorder.Round(fit.Linear);
                solved.Add(fit.Linear, error);
            },
            context.Recorder.AddFallback);
    }

    private ParameterSnapshot Snapshot()
        => new(chunks.Store, block.Parameters.Select(parameter => parameter.Values));

    /// <summary>The block as it was, for reading until the caller disposes it.</summary>
    private FeedForward ReadUnpruned()
    {
        return new FeedForward(
            backend,
            block.Definition,
            block.Gate is { } gate ? Read(gate) : null,
            Read(block.Up),
            Read(block.Output));

        Linear Read(Linear linear) => new(
            backend,
            linear.Definition,
            unpruned.Read(linear.Weight),
            linear.Bias is null ? null : unpruned.Read(linear.Bias));
    }

    private static Matrix<float> Output(FeedForward block, Matrix<float> input)
    {
        using Matrix<float> hidden = block.Hidden(input);
        return block.Output.Apply(hidden);
    }

    private static Matrix<float> Missing(ResidualStream pruned, DenseStream targets, int chunk)
    {
        using Matrix<float> sum = pruned.Sum(chunk);
        return targets.Missing(chunk, sum);
    }

    private Matrix<float> Rows(Matrix<float> matrix, int first, int count)
    {
        using Matrix<float> slice = matrix.Slice(first, count);
        return backend.CopyOf(slice);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        unpruned.Dispose();
        heldBack.Dispose();
        fitted.Dispose();
    }
}
