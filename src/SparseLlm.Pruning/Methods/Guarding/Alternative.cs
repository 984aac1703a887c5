using SparseLlm.Models.Layers;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods.Guarding;

/// <summary>What else a linear layer could become, kept in a store.</summary>
/// <param name="Linear">The layer.</param>
/// <param name="Weight">Sparse weights, [outputs x inputs].</param>
/// <param name="Bias">[1 x outputs]; null where it stays as it is.</param>
/// <param name="RelativeError">‖T - Y‖ / ‖T‖ for its output Y and the target T on the calibration tokens.</param>
internal sealed record Alternative(
    Linear Linear,
    StoredMatrix Weight,
    StoredMatrix? Bias,
    double RelativeError) : IDisposable
{
    /// <summary>Puts it into the layer.</summary>
    public void Put()
    {
        Weight.CopyTo(Linear.Weight);
        Bias?.CopyTo(Linear.Bias!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
