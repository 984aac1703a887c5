using System.Text.Json.Serialization;
using SparseLlm.Files;

namespace SparseLlm.Pruning.Results;

/// <summary>
/// A change to a pruned decoder layer that held-back calibration windows decided on: it stays if the layer's loss on
/// them is lower with it.
/// </summary>
/// <param name="Layer">The layer's place in the model, from 0.</param>
/// <param name="Change"><c>sparsegpt</c> (the weights that SparseGPT finds), <c>tuning</c> or
/// <c>distillation</c>; of a quantised layer also <c>tuning with codes</c> and <c>distillation with
/// codes</c>.</param>
/// <param name="LossWithout">
/// The loss as the layer was: the squared distance from the dense layer's outputs as a share of their variance, or for
/// distillation the divergence from the dense model's predictions; null where it is not finite.
/// </param>
/// <param name="LossWith">The loss with the change.</param>
/// <param name="IsTaken">Whether the change stayed.</param>
public sealed record GuardReport(int Layer, string Change, double? LossWithout, double? LossWith, bool IsTaken)
    : IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized() => RecordJson.Require(Layer >= 0, "a layer has a negative number");
}
