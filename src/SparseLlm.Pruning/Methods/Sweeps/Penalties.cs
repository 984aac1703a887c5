using SparseLlm.Models.Definitions;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>
/// What a violated constraint costs (Bai et al. 2024, eq. 4):
/// <code>beta ‖Y - p W2' - b2‖² + gamma ‖p - phi‖² + alpha (‖z - X W1' - b1‖² + ‖s - X Wg'‖²).</code>
/// </summary>
/// <param name="Alpha">Of the pre-activations.</param>
/// <param name="Beta">Of the block's output.</param>
/// <param name="Gamma">Of the hidden activations.</param>
internal sealed record Penalties(float Alpha, float Beta, float Gamma)
{
    private const double PublishedForRelu = 0.1;
    private const double PublishedForGated = 5;

    /// <summary>Those of the settings; the published ones for the block's activation where the settings name
    /// none.</summary>
    public static Penalties For(PruningSettings settings, FeedForwardDefinition feedForward)
    {
        double published = feedForward.Gate is null ? PublishedForRelu : PublishedForGated;
        return new Penalties(
            (float)(settings.Alpha ?? published), (float)(settings.Beta ?? published), (float)(settings.Gamma
                ?? published));
    }
}
