using SparseLlm.Numerics;

namespace SparseLlm.Models.Architectures;

/// <summary>What a family settles about its rotary embedding, so that config.json need not say it.</summary>
internal sealed record RotaryStyle
{
    /// <summary>Which channels of a head are a pair.</summary>
    public RotaryPairing Pairing { get; init; }

    /// <summary>The base of the frequencies where the config has none.</summary>
    public double DefaultTheta { get; init; } = 10_000;

    /// <summary>The names of the base in the config.</summary>
    public IReadOnlyList<string> ThetaFields { get; init; } = ["rope_theta"];

    /// <summary>The share of a head's channels that turn where the config does not say; null in a family whose heads
    /// turn whole.</summary>
    public double? DefaultShare { get; init; }

    /// <summary>The names of that share in the config.</summary>
    public IReadOnlyList<string> ShareFields { get; init; } = ["partial_rotary_factor"];
}
