using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Methods.Importance;

namespace SparseLlm.Pruning.Methods.Mixtures;

/// <summary>
/// Prunes the experts of a block, one at a time, each from the tokens that the pruned model routes to it. Its targets are what the dense expert gives for the
/// same tokens in the dense model. Only one expert is in memory, and what has become of the others is kept in the checkpoint's element type.
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
    /// <param name="targets">The dense model's, which is taken through the block; null where no targets come from it.</param>
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
        for (int expert = 0; expert < experts.Definition.Experts.Count; expert++)
        {
            Prune(expert, tokens);
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
        Solve(group, [null]);
    }

    private void Prune(int number, ExpertCalibration tokens)
    {
        if (!experts.Definition.Experts[number].Linears.Any(linear => context.Plan.PatternFor(linear) is not null))
        {
            return;
        }

        using FeedForward expert = experts.Load(number);
        using FeedForward? denseExpert = dense?.Load(number);
        using FitGroup projections = context.Group(expert.Projections, hasTargets: dense is not null);
        using FitGroup output = context.Group([expert.Output], hasTargets: dense is not null);
        using IRowImportance? importance =
            denseExpert is not null && context.Settings.RowImportance ? IRowImportance.Of(context.Backend, denseExpert) : null;
        ForEachToken(number, tokens, (input, denseInput) => AddProjections(projections, importance, input, denseExpert, denseInput));
        if (context.Settings.Sequential)
        {
            Solve(projections, importance?.Rows() ?? new float[]?[expert.Projections.Count]);
        }

        ForEachToken(number, tokens, (input, denseInput) => AddOutput(output, expert, input, denseExpert, denseInput));
        if (!context.Settings.Sequential)
        {
            Solve(projections, importance?.Rows() ?? new float[]?[expert.Projections.Count]);
        }

        Solve(output, [null]);
        context.Recorder.TakeDown(expert);
    }

    private static void AddProjections(FitGroup group, IRowImportance? importance, Matrix<float> input, FeedForward? dense, Matrix<float>? denseInput)
    {
        if (dense is null)
        {
            group.Add(input);
            return;
        }

        IReadOnlyList<Matrix<float>> projected = dense.Project(denseInput!);
        group.Add(input, [.. projected]);
        importance?.Add(projected);
        foreach (Matrix<float> matrix in projected)
        {
            matrix.Dispose();
        }
    }

    private static void AddOutput(FitGroup group, FeedForward expert, Matrix<float> input, FeedForward? dense, Matrix<float>? denseInput)
    {
        using Matrix<float> hidden = expert.Hidden(input);
        if (dense is null)
        {
            group.Add(hidden);
            return;
        }

        using Matrix<float> denseHidden = dense.Hidden(denseInput!);
        using Matrix<float> target = dense.Output.Apply(denseHidden);
        group.Add(hidden, target);
    }

    private void ForEachToken(int expert, ExpertCalibration tokens, Action<Matrix<float>, Matrix<float>?> action) => context.ForEachChunk(chunk =>
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

    private void Solve(FitGroup group, IReadOnlyList<float[]?> importance) =>
        group.Solve(context.Fitting, importance, (fit, error) => context.Recorder.Add(fit.Linear, error), context.Recorder.AddFallback);

    /// <inheritdoc/>
    public void Dispose()
    {
        inputs.Dispose();
        denseInputs.Dispose();
    }
}
