using System.Text.Json.Serialization;
using SparseLlm.Files;

namespace SparseLlm.Pruning.Results;

/// <summary>How the tuning of all layers together went. Losses are divergences from the dense model's predictions,
/// KL(dense || pruned) per token in nats.</summary>
/// <param name="HeldBackBefore">The loss on held-back windows before it; null where none are held back, or it is not
/// finite.</param>
/// <param name="Epochs">The passes over the calibration windows, in order.</param>
public sealed record GlobalReport(double? HeldBackBefore, IReadOnlyList<EpochReport> Epochs)
{
    /// <summary>How many of the epochs the model that stayed has been through: those with the least loss on held-back
    /// windows, or all with a finite loss where none are held back. 0 where it stayed as it was.</summary>
    public int Kept
    {
        get
        {
            if (HeldBackBefore is not { } least)
            {
                return Epochs.TakeWhile(epoch => epoch.Loss is not null).Count();
            }

            int kept = 0;
            for (int epoch = 0; epoch < Epochs.Count; epoch++)
            {
                if (Epochs[epoch].HeldBackLoss < least)
                {
                    (kept, least) = (epoch + 1, Epochs[epoch].HeldBackLoss!.Value);
                }
            }

            return kept;
        }
    }
}

/// <summary>One pass over the calibration windows.</summary>
/// <param name="Loss">The mean loss of its mini-batches, each before its step; null where it is not finite.</param>
/// <param name="HeldBackLoss">The loss on held-back windows after it; null where none are held back, or it is not
/// finite.</param>
public sealed record EpochReport(double? Loss, double? HeldBackLoss) : IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized()
        => RecordJson.Require(!(Loss < 0) && !(HeldBackLoss < 0), "a divergence is negative");
}
