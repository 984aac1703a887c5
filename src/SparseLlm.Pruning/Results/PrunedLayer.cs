using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Layers;

namespace SparseLlm.Pruning.Results;

/// <summary>What was done to one linear layer.</summary>
/// <param name="Name">The weight's name in the checkpoint.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Pattern">What was asked for, as a user writes it: <c>0.7</c> or <c>2:4</c>.</param>
/// <param name="Zeros">Zero weights, counted after the cast to the checkpoint's element type.</param>
/// <param name="RelativeError">
/// ‖T - Y‖ / ‖T‖ for the layer's output Y and its target T on the calibration tokens; null where no tokens were looked
/// at.
/// </param>
public sealed record LinearReport(string Name, int Rows, int Columns, string Pattern, long Zeros, double? RelativeError)
    : IJsonOnDeserialized
{
    /// <summary>The share of weights that are zero.</summary>
    public double Sparsity => Zeros / ((double)Rows * Columns);

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Rows > 0 && Columns > 0, "a matrix has no weights");
        RecordJson.Require(Zeros >= 0 && Zeros <= (long)Rows * Columns, "a matrix has more zeros than weights");
        RecordJson.Require(RelativeError is null or >= 0, "an error is negative");
    }
}

/// <summary>One decoder layer after pruning.</summary>
/// <param name="Index">Its place in the model, from 0.</param>
/// <param name="Tensors">The tensors that changed.</param>
/// <param name="Linears">What was done to each pruned linear layer.</param>
/// <param name="Fallbacks">Numerical fallbacks that were taken, as sentences.</param>
public sealed record PrunedLayer(
    int Index, IReadOnlyList<PrunedTensor> Tensors, IReadOnlyList<LinearReport> Linears,
    IReadOnlyList<string> Fallbacks)
{
    /// <summary>How the sweeps over the feed-forward block went, if any were asked for.</summary>
    public SweepReport? Sweeps { get; init; }

    /// <summary>What held-back calibration windows decided, in order; nothing where none were held back.</summary>
    public IReadOnlyList<GuardReport> Guards { get; init; } = [];

    /// <summary>Its tensors, to load the layer with.</summary>
    public TensorOverlay Overlay()
    {
        var overlay = new TensorOverlay();
        foreach (PrunedTensor tensor in Tensors)
        {
            overlay.Put(tensor.Tensor, tensor.Plane ?? 0, tensor.Bytes);
        }

        return overlay;
    }
}
