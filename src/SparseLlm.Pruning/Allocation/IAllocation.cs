using SparseLlm.Models.Layers;

namespace SparseLlm.Pruning.Allocation;

/// <summary>A way to spread a budget over tensors, shown the dense model's decoder layers one after the
/// other.</summary>
internal interface IAllocation
{
    /// <summary>Looks at a decoder layer.</summary>
    /// <param name="layer">The dense layer. Its weights may change in between, but are as they were on return.</param>
    /// <param name="grams">The sums over its inputs.</param>
    /// <param name="measured">Its activations on the windows on which errors are measured.</param>
    /// <param name="cancellation">Stops between matrices.</param>
    void Add(DecoderLayer layer, LayerGrams grams, MeasuredActivations measured, CancellationToken cancellation);

    /// <summary>The sparsity wished for each tensor of the budget, in its order.</summary>
    IReadOnlyList<double> Choose();
}
