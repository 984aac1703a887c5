using System.Text.Json.Serialization;
using SparseLlm.Files;

namespace SparseLlm.Pruning.Results;

/// <summary>How the sweeps over the auxiliary variables of one feed-forward block went.</summary>
/// <param name="Layer">The layer's place in the model, from 0.</param>
/// <param name="Tried">How many sweeps were made.</param>
/// <param name="Accepted">How many of them were kept; the others made the block worse and were undone.</param>
/// <param name="ErrorBefore">‖Y - MLP(X)‖ / ‖Y‖ on the held-back windows before the first sweep.</param>
/// <param name="ErrorAfter">The same after the last accepted sweep.</param>
public sealed record SweepReport(
    int Layer,
    int Tried,
    int Accepted,
    double ErrorBefore,
    double ErrorAfter) : IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized() =>
        RecordJson.Require(
            Layer >= 0 && Accepted >= 0 && Accepted <= Tried,
            "the sweeps of a layer cannot be counted so");
}
