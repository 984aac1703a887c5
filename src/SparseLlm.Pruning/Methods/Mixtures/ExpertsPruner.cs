using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Layers;

namespace SparseLlm.Pruning.Methods.Mixtures;

/// <summary>
/// Prunes the experts of a block, each from the tokens that the pruned model routes to it. Its targets are what the
/// dense expert gives for the same tokens in the dense model. Only as many experts are in memory as there are devices
/// to solve them, and what has become of the others is kept in the checkpoint's element type.
/// </summary>
/// <param name="context">What the layer's prune works with.</param>
/// <param name="experts">The experts that are pruned.</param>
/// <param name="dense">The dense model's; null where no targets come from it.</param>
internal sealed class ExpertsPruner(LayerContext context, Experts experts, Experts? dense) : IDisposable
{
    private readonly ActivationStream inputs = context.Chunks.Stream();
    private readonly ActivationStream denseInputs = context.Chunks.Stream();

    /// <summary>Prunes every expert.</summary>
    /// <param name="block">The experts' block.</param>
    /// <param name="pruned">The pruned model's residual stream, before the block.</param>
    /// <param name="targets">The dense model's, which is taken through the block; null where no targets come from
    /// it.</param>
    /// <param name="layer">The layer's place, for messages.</param>
    public void Prune(int block, ResidualStream pruned, DenseStream? targets, int layer)
    {
        context.ForEachChunk(chunk =>
        {
            inputs.Put(chunk, pruned.Input(chunk));
            if (targets is not null)
            {
                using Matrix<float> sum = targets.Sum(block, chunk);
                Matrix<float> denseInput = targets.Input(block, chunk, sum);
                targets.Add(block, chunk, sum, dense!.Forward(denseInput, context.Chunks.SequenceLength));
                denseInputs.Put(chunk, denseInput);
            }
        });
        PruneRouter();
        var tokens = ExpertCalibration.Of(context, experts, inputs);
        foreach (int[] together in Enumerable.Range(0, experts.Definition.Experts.Count).Where(IsPruned)
            .Chunk(context.Devices.Count))
        {
            Prune(together, tokens);
        }

        if (tokens.Report(layer) is { } sentence)
        {
            context.Recorder.AddFallback(sentence);
        }
    }

    /// <summary>The router is pruned only where a rule says so, before its decisions are asked for.</summary>
    private void PruneRouter()
    {
        using FitGroup group = context.Group([experts.Router], hasTargets: dense is not null);
        if (group.IsEmpty)
        {
            return;
        }

        context.ForEachChunk(chunk =>
        {
            using Matrix<float> input = inputs.Read(chunk);
            if (dense is null)
            {
                group.Add(input);
                return;
            }

            using Matrix<float> denseInput = denseInputs.Read(chunk);
            using Matrix<float> target = dense.Router.Apply(denseInput);
            group.Add(input, target);
        });
        Solve(new FitJob(group, [null]));
    }

    private bool IsPruned(int expert)
        => experts.Definition.Experts[expert].Linears.Any(linear => context.Plan.PatternFor(linear) is not null);

    /// <summary>Prunes experts that are in memory at the same time.</summary>
    private void Prune(int[] numbers, ExpertCalibration tokens)
    {
        var together = new List<ExpertFit>();
        try
        {
            foreach (int number in numbers)
            {
                var fit = new ExpertFit(context, number, experts.Load(number), dense?.Load(number));
                together.Add(fit);
                ForEachToken(number, tokens, fit.AddProjections);
            }

            if (context.Settings.Sequential)
            {
                Solve([.. together.Select(fit => fit.Projections)]);
            }

            together.ForEach(fit => ForEachToken(fit.Number, tokens, fit.AddOutput));
            if (!context.Settings.Sequential)
            {
                Solve([.. together.Select(fit => fit.Projections)]);
            }

            Solve([.. together.Select(fit => fit.Output)]);
            together.ForEach(fit => context.Recorder.TakeDown(fit.Expert));
        }
        finally
        {
            together.ForEach(fit => fit.Dispose());
        }
    }

    private void ForEachToken(
        int expert,
        ExpertCalibration tokens,
        Action<Matrix<float>, Matrix<float>?> action) => context.ForEachChunk(chunk =>
    {
        int[] rows = tokens.Of(expert, chunk);
        if (rows.Length == 0)
        {
            return;
        }

        using Matrix<float> input = Gather(inputs, chunk, rows);
        using Matrix<float>? denseInput = dense is null ? null : Gather(denseInputs, chunk, rows);
        action(input, denseInput);
    });

    private Matrix<float> Gather(ActivationStream stream, int chunk, int[] rows)
    {
        using Matrix<float> all = stream.Read(chunk);
        return experts.Gather(all, rows);
    }

    private void Solve(params IReadOnlyList<FitJob> jobs) =>
        context.Devices
            .Solve(jobs, (fit, error) => context.Recorder.Add(fit.Linear, error), context.Recorder.AddFallback);

    /// <inheritdoc/>
    public void Dispose()
    {
        inputs.Dispose();
        denseInputs.Dispose();
    }
}
