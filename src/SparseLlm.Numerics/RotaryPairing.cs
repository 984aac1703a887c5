namespace SparseLlm.Numerics;

/// <summary>Which channels of a head turn together in a rotary embedding. Pair c turns by the angle of column c of the
/// tables.</summary>
public enum RotaryPairing
{
    /// <summary>Channel c with channel c + pairs, as Hugging Face lays out most models.</summary>
    HalfSplit,

    /// <summary>Channel 2c with channel 2c + 1, as in the paper.</summary>
    Interleaved,
}
