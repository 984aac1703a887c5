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
    private readonly DecoderLayer? dense;
    private readonly SparsityPlan plan;
    private readonly PruningSettings settings;
    private readonly FitSettings fitting;
    private readonly TokenChunks chunks;
    private readonly LayerRecorder recorder;
    private readonly Penalties penalties;
    private readonly FeedForwardSnapshot unpruned;
    private readonly HeldBackTokens heldBack;
    private readonly List<AuxiliaryChunk> fitted = [];

    private FeedForwardSweeps(
        IBackend backend, DecoderLayer layer, DecoderLayer? dense, SparsityPlan plan, PruningSettings settings, FitSettings fitting, TokenChunks chunks, LayerRecorder recorder)
    {
        this.backend = backend;
        this.layer = layer;
        this.dense = dense;
        this.plan = plan;
        this.settings = settings;
        this.fitting = fitting;
        this.chunks = chunks;
        this.recorder = recorder;
        penalties = Penalties.For(settings, layer.FeedForward.Definition);
        unpruned = new FeedForwardSnapshot(backend, layer.FeedForward);
        heldBack = new HeldBackTokens(backend, chunks);
    }

    /// <summary>The sweeps of a layer that is not pruned yet, or null where the settings ask for none.</summary>
    public static FeedForwardSweeps? For(
        IBackend backend, DecoderLayer layer, DecoderLayer? dense, SparsityPlan plan, PruningSettings settings, FitSettings fitting, TokenChunks chunks, LayerRecorder recorder)
    {
        FeedForward block = layer.FeedForward;
        Linear?[] linears = [block.Gate, block.Up, block.Down];
        bool pruned = linears.Any(linear => linear is not null && plan.PatternFor(linear.Definition) is not null);
        return pruned && SweepsAfterPruning(settings) > 0
            ? new FeedForwardSweeps(backend, layer, dense, plan, settings, fitting, chunks, recorder)
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
    /// <param name="denseResiduals">The same in the dense model; filled where targets come from it.</param>
    /// <param name="denseSums">The dense layer's output before any norm behind it; filled where targets come from it.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public void Run(
        RowImportance? importance, ActivationStream residuals, ActivationStream denseResiduals, ActivationStream denseSums, CancellationToken cancellation)
    {
        for (int chunk = 0; chunk < chunks.FittedCount; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            Start(chunk, residuals, denseResiduals, denseSums);
        }

        if (fitted.Count > 0)
        {
            Alternate([importance?.Up(), importance?.Gate()], cancellation);
        }
    }

    /// <summary>The variables at their start: the dense activations.</summary>
    private void Start(int chunk, ActivationStream residuals, ActivationStream denseResiduals, ActivationStream denseSums)
    {
        using Matrix<float> input = layer.FeedForwardInput(residuals[chunk]);
        using Matrix<float> target = dense is null ? Output(unpruned.Copy, input) : Difference(denseSums[chunk], residuals[chunk]);
        int rows = heldBack.FittedRows(chunk);
        if (rows > 0)
        {
            using Matrix<float> denseInput = dense is null ? Rows(input, 0, rows) : FirstRows(dense.FeedForwardInput(denseResiduals[chunk]), rows);
            fitted.Add(new AuxiliaryChunk(
                Rows(input, 0, rows), Rows(target, 0, rows), unpruned.Copy.Up.Apply(denseInput), unpruned.Copy.Gate?.Apply(denseInput)));
        }

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
            using var previous = new FeedForwardSnapshot(backend, layer.FeedForward);
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
            foreach (AuxiliaryChunk chunk in fitted)
            {
                cancellation.ThrowIfCancellationRequested();
                using Matrix<float> hidden = chunk.Update(backend, block, hiddenUpdate, penalties);
                projections.Add(chunk.Input, chunk.Gate is null ? [chunk.Up] : [chunk.Up, chunk.Gate]);
                if (settings.Variant == SparseLlmVariant.Paper)
                {
                    output.Add(hidden, chunk.Target);
                }
            }
        }

        Solve(projections, importance, solved);
        if (settings.Variant == SparseLlmVariant.Coordinated)
        {
            foreach (AuxiliaryChunk chunk in fitted)
            {
                cancellation.ThrowIfCancellationRequested();
                using Matrix<float> hidden = block.Hidden(chunk.Input);
                output.Add(hidden, chunk.Target);
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
            backend.Copy(DenseWeight(linear), linear.Weight);
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

    private Matrix<float> DenseWeight(Linear linear) =>
        linear == layer.FeedForward.Up ? unpruned.Copy.Up.Weight
        : linear == layer.FeedForward.Down ? unpruned.Copy.Down.Weight
        : unpruned.Copy.Gate!.Weight;

    private static Matrix<float> Output(FeedForward block, Matrix<float> input)
    {
        using Matrix<float> hidden = block.Hidden(input);
        return block.Down.Apply(hidden);
    }

    private Matrix<float> Difference(Matrix<float> x, Matrix<float> y)
    {
        Matrix<float> difference = backend.AllocateUninitialized<float>(x.Rows, x.Columns);
        backend.Combine(1, x, -1, y, difference);
        return difference;
    }

    private Matrix<float> FirstRows(Matrix<float> matrix, int count)
    {
        using (matrix)
        {
            return Rows(matrix, 0, count);
        }
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
        fitted.ForEach(chunk => chunk.Dispose());
    }
}
