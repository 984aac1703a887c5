using System.Globalization;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Reports;

/// <summary>What the passes that tune all layers together have brought.</summary>
internal static class KeptPass
{
    /// <summary>Which of the passes stayed, in words.</summary>
    public static string Describe(GlobalReport global) => global switch
    {
        { Kept: 0 }
            => "The divergence from the dense model's predictions did not fall on the calibration windows that were held "
                + "back, so the model stayed as it was.",
        { HeldBackBefore: null } => string.Create(
            CultureInfo.InvariantCulture,
            $"No calibration windows were held back, so the model after pass {global.Kept} stayed; its divergence from the "
            + $"dense model's predictions was {Loss(global.Epochs[global.Kept - 1].Loss)} nats a token."),
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"On the calibration windows that were held back the divergence from the dense model's predictions was least "
            + $"after pass {global.Kept} of {global.Epochs.Count}, which stayed: "
            + $"{Loss(global.Epochs[global.Kept - 1].HeldBackLoss)} nats a token, "
            + $"{Loss(global.HeldBackBefore)} before all passes."),
    };

    /// <summary>A loss, in nats a token.</summary>
    public static string Loss(double? loss) => loss?.ToString("0.00000", CultureInfo.InvariantCulture) ?? "";
}
