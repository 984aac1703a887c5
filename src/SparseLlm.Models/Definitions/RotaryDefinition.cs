namespace SparseLlm.Models.Definitions;

/// <summary>
/// Rotary position embedding (Su et al. 2021) as its inverse frequencies: channel pair c of a head turns by
/// position * InverseFrequencies[c]. Scaling rules (linear, llama3) are already applied to the frequencies.
/// </summary>
/// <param name="InverseFrequencies">One per channel pair, head width / 2 of them, in radians per token.</param>
public sealed record RotaryDefinition(IReadOnlyList<double> InverseFrequencies);
