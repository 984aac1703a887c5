using SparseLlm.Numerics;

namespace SparseLlm.Models.Definitions;

/// <summary>
/// Rotary position embedding (Su et al. 2021) as its inverse frequencies: channel pair c of a head turns by
/// position * InverseFrequencies[c]. Scaling rules are already applied to the frequencies.
/// </summary>
/// <param name="InverseFrequencies">One per channel pair that turns, in radians per token; the first channels of a head turn, the others stay.</param>
/// <param name="Pairing">Which channels are a pair.</param>
/// <param name="Factor">Cosines and sines are multiplied by it (YaRN, LongRoPE).</param>
/// <param name="Long">The frequencies of longer sequences, where they are others (LongRoPE).</param>
public sealed record RotaryDefinition(
    IReadOnlyList<double> InverseFrequencies, RotaryPairing Pairing = RotaryPairing.HalfSplit, double Factor = 1, LongRotary? Long = null)
{
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
