using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Solvers;

namespace SparseLlm.Pruning.Tables;

/// <summary>Loads a model's tables of tokens as they are when they have been quantised, and all else as it is.</summary>
internal sealed class TableLoader : WeightLoader
{
    private readonly IBackend backend;
    private readonly IReadOnlyList<TensorShape> tables;
    private readonly TableRounding rounding;

    /// <param name="checkpoint">The dense checkpoint.</param>
    /// <param name="backend">Where to.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="rounding">What makes them codes.</param>
    public TableLoader(
        Checkpoint checkpoint,
        IBackend backend,
        IReadOnlyList<TensorShape> tables,
        TableRounding rounding)
        : base(checkpoint, backend) => (this.backend, this.tables, this.rounding) = (backend, tables, rounding);

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
        if (tables.Any(table => table.Name == tensor.Name))
        {
            CutGroups += rounding.Round(loaded);
            backend.RoundTo(loaded, Checkpoint[tensor.Name].ElementType.Format());
        }

        return loaded;
    }
}
