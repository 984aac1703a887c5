using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Methods.Importance;

namespace SparseLlm.Pruning.Methods.Mixtures;

/// <summary>An expert that is loaded to be pruned, beside the dense model's, and its subproblems.</summary>
internal sealed class ExpertFit : IDisposable
{
    private readonly FeedForward? dense;
    private readonly FitGroup projections;
    private readonly FitGroup output;
    private readonly IRowImportance? importance;
    private long tokens;

    /// <param name="context">What the layer's prune works with.</param>
    /// <param name="number">The expert's place.</param>
    /// <param name="expert">The expert, which is this object's from here on.</param>
    /// <param name="dense">The dense model's, as well; null where no targets come from it.</param>
    public ExpertFit(LayerContext context, int number, FeedForward expert, FeedForward? dense)
    {
        (Number, Expert, this.dense) = (number, expert, dense);
        projections = context.Group(expert.Projections, hasTargets: dense is not null);
        output = context.Group([expert.Output], hasTargets: dense is not null);
        importance = dense is not null && context.Settings.RowImportance
            ? IRowImportance.Of(context.Backend, dense)
            : null;
    }

    /// <summary>Its place.</summary>
    public int Number { get; }

    /// <summary>The expert.</summary>
    public FeedForward Expert { get; }

    /// <summary>Up and gate, to be solved.</summary>
    public FitJob Projections => new(projections, importance?.Rows(tokens) ?? new float[]?[Expert.Projections.Count]);

    /// <summary>Down, to be solved.</summary>
    public FitJob Output => new(output, [null]);

    /// <summary>Adds tokens to the sums of up and gate.</summary>
    /// <param name="input">What runs into the expert, [tokens x channels].</param>
    /// <param name="denseInput">What runs into the dense model's for the same tokens.</param>
    public void AddProjections(Matrix<float> input, Matrix<float>? denseInput)
    {
        tokens += input.Rows;
        if (dense is null)
        {
            projections.Add(input);
            return;
        }

        IReadOnlyList<Matrix<float>> projected = dense.Project(denseInput!);
        projections.Add(input, [.. projected]);
        importance?.Add(projected);
        foreach (Matrix<float> matrix in projected)
        {
            matrix.Dispose();
        }
    }

    /// <summary>As <see cref="AddProjections"/>, to those of down, with the expert as it is by now.</summary>
    public void AddOutput(Matrix<float> input, Matrix<float>? denseInput)
    {
        using Matrix<float> hidden = Expert.Hidden(input);
        if (dense is null)
        {
            output.Add(hidden);
            return;
        }

        using Matrix<float> denseHidden = dense.Hidden(denseInput!);
        using Matrix<float> target = dense.Output.Apply(denseHidden);
        output.Add(hidden, target);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        importance?.Dispose();
        output.Dispose();
        projections.Dispose();
        dense?.Dispose();
        Expert.Dispose();
    }
}
