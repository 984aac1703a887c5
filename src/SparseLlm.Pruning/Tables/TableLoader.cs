using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tables;

/// <summary>Loads a model's tables of tokens as they are when they are quantised, and all else as it is.</summary>
internal sealed class TableLoader : WeightLoader
{
    private readonly IBackend backend;
    private readonly Func<Matrix<float>, TensorShape, long> round;

    /// <param name="checkpoint">The dense checkpoint.</param>
    /// <param name="backend">Where to.</param>
    /// <param name="round">Makes rows of a tensor codes, where it is such a table, and tells how many groups of weights
    /// were cut.</param>
    public TableLoader(Checkpoint checkpoint, IBackend backend, Func<Matrix<float>, TensorShape, long> round)
        : base(checkpoint, backend) => (this.backend, this.round) = (backend, round);

    /// <summary>Groups of weights that were too large for a scale in half precision, of all rows that have been
    /// loaded.</summary>
    public long CutGroups { get; private set; }

    /// <inheritdoc/>
    public override Matrix<float> LoadRows(TensorShape shape, int[] rows)
        => Rounded(shape, base.LoadRows(shape, rows));

    /// <inheritdoc/>
    protected override Matrix<float> LoadFactor(TensorSlice slice)
        => Rounded(slice.Tensor, base.LoadFactor(slice));

    private Matrix<float> Rounded(TensorShape tensor, Matrix<float> loaded)
    {
        CutGroups += round(loaded, tensor);
        backend.RoundTo(loaded, Checkpoint[tensor.Name].ElementType.Format());
        return loaded;
    }
}
