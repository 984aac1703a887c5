using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Allocation;

/// <summary>The Gram matrices of the inputs of each stage of a decoder layer.</summary>
internal sealed class LayerGrams : IDisposable
{
    private readonly IBackend backend;
    private readonly Dictionary<LayerStage, Matrix<double>> sums;

    /// <summary>Gram matrices for a layer, of no tokens yet.</summary>
    public LayerGrams(IBackend backend, LayerDefinition layer)
    {
        this.backend = backend;
        sums = new()
        {
            [LayerStage.AttentionProjections] = Square(layer.Attention.Query.Inputs),
            [LayerStage.AttentionOutput] = Square(layer.Attention.Output.Inputs),
            [LayerStage.FeedForwardProjections] = Square(layer.FeedForward.Up.Inputs),
            [LayerStage.FeedForwardOutput] = Square(layer.FeedForward.Down.Inputs),
        };
    }

    /// <summary>Adds the inputs of every stage.</summary>
    public void Add(LayerActivations activations)
    {
        foreach ((LayerStage stage, Matrix<double> sum) in sums)
        {
            backend.AccumulateGram(activations.InputOf(stage), sum);
        }
    }

    /// <summary>The squared norm of each input of a stage.</summary>
    public double[] Diagonal(LayerStage stage)
    {
        var diagonal = new double[sums[stage].Rows];
        backend.Diagonal(sums[stage], diagonal);
        return diagonal;
    }

    /// <summary>A copy of the Gram matrix of a stage.</summary>
    public Matrix<double> Copy(LayerStage stage)
    {
        Matrix<double> copy = backend.AllocateUninitialized<double>(sums[stage].Rows, sums[stage].Columns);
        backend.Copy(sums[stage], copy);
        backend.MirrorUpper(copy);
        return copy;
    }

    private Matrix<double> Square(int width) => backend.Allocate<double>(width, width);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Matrix<double> sum in sums.Values)
        {
            sum.Dispose();
        }
    }
}
