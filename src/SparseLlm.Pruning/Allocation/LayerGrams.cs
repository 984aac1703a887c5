using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Allocation;

/// <summary>The Gram matrices of the inputs of each stage of a decoder layer, of no tokens at first.</summary>
internal sealed class LayerGrams(IBackend backend, DecoderLayer layer) : IDisposable
{
    private readonly Dictionary<Stage, Matrix<double>> sums =
        layer.Stages.ToDictionary(stage => stage, stage => backend.Allocate<double>(stage.Width, stage.Width));

    /// <summary>Adds inputs of a stage, [tokens x inputs].</summary>
    public void Add(Stage stage, Matrix<float> input) => backend.AccumulateGram(input, sums[stage]);

    /// <summary>The squared norm of each input of a stage.</summary>
    public double[] Diagonal(Stage stage)
    {
        var diagonal = new double[sums[stage].Rows];
        backend.Diagonal(sums[stage], diagonal);
        return diagonal;
    }

    /// <summary>A copy of the Gram matrix of a stage.</summary>
    public Matrix<double> Copy(Stage stage)
    {
        Matrix<double> copy = backend.CopyOf(sums[stage]);
        backend.MirrorUpper(copy);
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Matrix<double> sum in sums.Values)
        {
            sum.Dispose();
        }
    }
}
