using SparseLlm.Numerics;

namespace SparseLlm.Models.Definitions;

/// <summary>
/// Rotary position embedding (Su et al. 2021) as its inverse frequencies: channel pair c of a head turns by
/// position * InverseFrequencies[c]. Scaling rules are already applied to the frequencies.
/// </summary>
/// <param name="InverseFrequencies">One per channel pair that turns, in radians per token; the first channels of a head
/// turn, the others stay.</param>
/// <param name="Pairing">Which channels are a pair.</param>
/// <param name="Factor">Cosines and sines are multiplied by it (YaRN, LongRoPE).</param>
/// <param name="Long">The frequencies of longer sequences, where they are others (LongRoPE).</param>
public sealed record RotaryDefinition(
    IReadOnlyList<double> InverseFrequencies, RotaryPairing Pairing = RotaryPairing.HalfSplit, double Factor = 1,
    LongRotary? Long = null)
{
    /// <summary>The base of the frequencies before any scaling, theta^(-c / pairs): what files of other formats hold in
    /// their place.</summary>
    public double Theta { get; init; } = 10_000;

    /// <summary>YaRN's parameters, where they have scaled the frequencies.</summary>
    public YarnScaling? Yarn { get; init; }

    /// <summary>The frequency of a pair before any scaling.</summary>
    public double Unscaled(int pair) => Math.Pow(Theta, -(double)pair / InverseFrequencies.Count);

    /// <summary>The frequencies for sequences of a length.</summary>
    public IReadOnlyList<double> For(int sequenceLength) =>
        Long is { } other && sequenceLength > other.Beyond ? other.InverseFrequencies : InverseFrequencies;

    /// <summary>Whether another one turns every channel in the same way.</summary>
    public bool IsSameAs(RotaryDefinition other) =>
        (Pairing, Factor, Long?.Beyond) == (other.Pairing, other.Factor, other.Long?.Beyond)
        && InverseFrequencies.SequenceEqual(other.InverseFrequencies)
        && (Long?.InverseFrequencies ?? []).SequenceEqual(other.Long?.InverseFrequencies ?? []);
}

/// <summary>Frequencies of sequences that are longer than the model was first trained with.</summary>
/// <param name="Beyond">The greatest length that does not have them.</param>
/// <param name="InverseFrequencies">One per channel pair, in radians per token.</param>
public sealed record LongRotary(int Beyond, IReadOnlyList<double> InverseFrequencies);

/// <summary>How YaRN (Peng et al. 2023, arXiv 2309.00071) has scaled frequencies.</summary>
/// <param name="Factor">How many times longer sequences may be.</param>
/// <param name="OriginalLength">The length that the model was first trained with.</param>
/// <param name="BetaFast">Pairs that turn more often over it are kept.</param>
/// <param name="BetaSlow">Pairs that turn less often are stretched by the whole factor.</param>
/// <param name="Truncates">Whether the first and the last pair in between are rounded outwards to whole ones.</param>
public sealed record YarnScaling(
    double Factor,
    double OriginalLength,
    double BetaFast,
    double BetaSlow,
    bool Truncates);
