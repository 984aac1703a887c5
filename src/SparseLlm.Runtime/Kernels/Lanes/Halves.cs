namespace SparseLlm.Runtime.Kernels.Lanes;

/// <summary>
/// How a half in the upper bits of a lane becomes a float: its exponent and mantissa are shifted to where a float's
/// end, which leaves out the difference of the two biases; multiplying by a power of two makes up for it, exactly, and
/// for denormal halves too.
/// </summary>
internal static class Halves
{
    /// <summary>Bits that a float's exponent has more.</summary>
    public const byte Shift = 3;

    /// <summary>Of what was shifted, the sign, the five bits of the exponent and the mantissa.</summary>
    public const int Bits = unchecked((int)0x8FFF_FFFF);

    /// <summary>2^(127 - 15).</summary>
    public const float Scale = 5192296858534827628530496329220096f;

    /// <summary>What a half with the highest exponent comes to, which stands for infinity and NaN.</summary>
    public const float Infinite = 65536f;

    /// <summary>A float's exponent, where it is infinite.</summary>
    public const int Exponent = 0x7F80_0000;
}
