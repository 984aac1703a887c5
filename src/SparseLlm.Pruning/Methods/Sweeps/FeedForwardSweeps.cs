using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>
/// SparseLLM's alternation between the weights of a feed-forward block and its auxiliary variables p, z and s (Bai et al. 2024,
/// algorithm 1), after the block has been pruned once. A sweep is kept only if the block's output on held-back windows comes
/// closer to its target; else the weights of before come back, and the sweeps end.
/// </summary>
internal sealed class FeedForwardSweeps : IDisposable
{
    private readonly IBackend backend;
    private readonly DecoderLayer layer;
    private readonly SparsityPlan plan;
    private readonly PruningSettings settings;
    private readonly FitSettings fitting;
    private readonly TokenChunks chunks;
    private readonly LayerRecorder recorder;
    private readonly Penalties penalties;
    private readonly FeedForwardSnapshot unpruned;
    private readonly HeldBackTokens heldBack;
    private readonly AuxiliaryVariables fitted;

    private FeedForwardSweeps(
        IBackend backend, DecoderLayer layer, SparsityPlan plan, PruningSettings settings, FitSettings fitting, TokenChunks chunks, LayerRecorder recorder)
    {
        this.backend = backend;
        this.layer = layer;
        this.plan = plan;
        this.settings = settings;
        this.fitting = fitting;
        this.chunks = chunks;
        this.recorder = recorder;
        penalties = Penalties.For(settings, layer.FeedForward.Definition);
        unpruned = new FeedForwardSnapshot(backend, chunks.Store, layer.FeedForward);
        heldBack = new HeldBackTokens(backend, chunks);
        fitted = new AuxiliaryVariables(chunks);
    }

    /// <summary>The sweeps of a layer that is not pruned yet, or null where the settings ask for none.</summary>
    public static FeedForwardSweeps? For(
        IBackend backend, DecoderLayer layer, SparsityPlan plan, PruningSettings settings, FitSettings fitting, TokenChunks chunks, LayerRecorder recorder)
    {
        bool pruned = layer.FeedForward.Linears.Any(linear => plan.PatternFor(linear.Definition) is not null);
        return pruned && SweepsAfterPruning(settings) > 0
            ? new FeedForwardSweeps(backend, layer, plan, settings, fitting, chunks, recorder)
            : null;
    }

    /// <summary>The first sweep of the paper only prunes, which has been done when the sweeps here begin.</summary>
    private static int SweepsAfterPruning(PruningSettings settings) =>
        settings.Method != PruningMethod.SparseLlm ? 0
        : settings.Variant == SparseLlmVariant.Paper ? settings.Sweeps - 1
        : settings.Sweeps;

    /// <summary>Sweeps over the block that has been pruned by now.</summary>
    /// <param name="importance">How much the model depends on the rows of up and gate; null for all the same.</param>
    /// <param name="residuals">The residual stream after attention, in the pruned model.</param>
    /// <param name="denseInputs">The block's inputs in the dense model; filled where targets come from it.</param>
    /// <param name="denseSums">The dense layer's output before any norm behind it; null where targets do not come from it.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public void Run(
        IReadOnlyList<float[]?> importance, ActivationStream residuals, ActivationStream denseInputs, ActivationStream? denseSums, CancellationToken cancellation)
    {
        using (FeedForward dense = unpruned.Read())
        {
            for (int chunk = 0; chunk < chunks.FittedCount; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                Start(chunk, dense, residuals, denseInputs, denseSums);
            }
        }

        if (fitted.Count > 0)
        {
            Alternate(importance, cancellation);
        }
    }

    /// <summary>The variables at their start: the dense activations.</summary>
    private void Start(int chunk, FeedForward dense, ActivationStream residuals, ActivationStream denseInputs, ActivationStream? denseSums)
    {
        using Matrix<float> residual = residuals.Read(chunk);
        using Matrix<float> input = layer.FeedForwardInput(residual);
        using Matrix<float> target = denseSums is null ? Output(dense, input) : Difference(denseSums, chunk, residual);
        int rows = heldBack.FittedRows(chunk);
        if (rows > 0)
        {
            using Matrix<float> denseInput = denseSums is null ? input.Slice(0, rows) : denseInputs.Read(chunk, 0, rows);
            fitted.Add(new AuxiliaryChunk(
                Rows(input, 0, rows), Rows(target, 0, rows), dense.Up.Apply(denseInput), dense.Gate?.Apply(denseInput)));
        }

        denseInputs.Drop(chunk);
        if (rows < input.Rows)
        {
            heldBack.Add(Rows(input, rows, input.Rows - rows), Rows(target, rows, input.Rows - rows));
        }
    }

    private void Alternate(IReadOnlyList<float[]?> importance, CancellationToken cancellation)
    {
        double before = heldBack.Error(layer.FeedForward);
        double error = before;
        (int tried, int accepted) = (0, 0);
        Dictionary<Linear, double> kept = [];
        while (tried == accepted && tried < SweepsAfterPruning(settings))
        {
            using var previous = new ParameterSnapshot(chunks.Store, layer.FeedForward.Parameters.Select(parameter => parameter.Values));
            Dictionary<Linear, double> solved = Sweep(importance, cancellation);
            double after = heldBack.Error(layer.FeedForward);
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
                    recorder.Round(linear);
                }
            }
        }

        foreach ((Linear linear, double relativeError) in kept)
        {
            recorder.Add(linear, relativeError);
        }

        recorder.AddSweeps(tried, accepted, before, error);
    }

    /// <summary>Auxiliary variables, then up and gate, then down.</summary>
    /// <returns>The relative error of each solved matrix.</returns>
    private Dictionary<Linear, double> Sweep(IReadOnlyList<float[]?> importance, CancellationToken cancellation)
    {
        FeedForward block = layer.FeedForward;
        var solved = new Dictionary<Linear, double>();
        using FitGroup projections = block.Gate is null ? Group(block.Up) : Group(block.Up, block.Gate);
        using FitGroup output = Group(block.Down);
        using (var hiddenUpdate = new HiddenUpdate(backend, block.Down, penalties))
        {
            for (int chunk = 0; chunk < fitted.Count; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                fitted.Change(chunk, variables =>
                {
                    using Matrix<float> hidden = variables.Update(backend, block, hiddenUpdate, penalties);
                    projections.Add(variables.Input, variables.Gate is null ? [variables.Up] : [variables.Up, variables.Gate]);
                    if (settings.Variant == SparseLlmVariant.Paper)
                    {
                        output.Add(hidden, variables.Target);
                    }
                });
            }
        }

        Solve(projections, importance, solved);
        if (settings.Variant == SparseLlmVariant.Coordinated)
        {
            for (int chunk = 0; chunk < fitted.Count; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
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

    private FitGroup Group(params ReadOnlySpan<Linear> linears)
    {
        var fits = new List<LinearFit?>();
        foreach (Linear linear in linears)
        {
            SparsityPattern? pattern = plan.PatternFor(linear.Definition);
            fits.Add(pattern is null ? null : new LinearFit(backend, linear, pattern, hasTargets: true, settings.BiasRefit));
        }

        return new FitGroup(backend, linears[0].Definition.Inputs, fits);
    }

    /// <summary>Solves a group, each matrix drawn towards its dense weights.</summary>
    private void Solve(FitGroup group, IReadOnlyList<float[]?> importance, Dictionary<Linear, double> solved)
    {
        foreach (Linear linear in group.Linears)
        {
            unpruned.RestoreWeight(linear);
        }

        group.Solve(
            fitting,
            importance,
            (fit, error) =>
            {
                recorder.Round(fit.Linear);
                solved.Add(fit.Linear, error);
            },
            recorder.AddFallback);
    }

    private static Matrix<float> Output(FeedForward block, Matrix<float> input)
    {
        using Matrix<float> hidden = block.Hidden(input);
        return block.Down.Apply(hidden);
    }

    private Matrix<float> Difference(ActivationStream sums, int chunk, Matrix<float> residual)
    {
        using Matrix<float> sum = sums.Read(chunk);
        Matrix<float> difference = backend.AllocateUninitialized<float>(residual.Rows, residual.Columns);
        backend.Combine(1, sum, -1, residual, difference);
        return difference;
    }

    private Matrix<float> Rows(Matrix<float> matrix, int first, int count)
    {
        using Matrix<float> slice = matrix.Slice(first, count);
        Matrix<float> rows = backend.AllocateUninitialized<float>(count, matrix.Columns);
        backend.Copy(slice, rows);
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        unpruned.Dispose();
        heldBack.Dispose();
        fitted.Dispose();
    }
}
