using SparseLlm.Numerics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// Finds the scale of weights that have been quantised before: whole codes times a half-precision number, rounded to
/// the type of a checkpoint. Storing codes and scale then loses nothing.
/// </summary>
internal static class KnownScale
{
    // Of halves near the quotient of a weight and its code, how many may round to the same weight: those within half a
    // unit of bfloat16, the coarsest type.
    private const int Neighbours = 9;

    /// <summary>The scale, if every weight is a code times it; zero where all weights are; null where there is
    /// none.</summary>
    /// <param name="weights">The weights of a group.</param>
    /// <param name="format">The format that they were rounded to.</param>
    /// <param name="least">The least code; its magnitude is the greatest there is.</param>
    /// <param name="most">The greatest code.</param>
    public static Half? Of(ReadOnlySpan<float> weights, NumberFormat format, int least, int most)
    {
        float extreme = 0;
        foreach (float weight in weights)
        {
            extreme = Math.Abs(weight) > Math.Abs(extreme) ? weight : extreme;
        }

        if (extreme == 0)
        {
            return weights.ContainsAnyExcept(0f) || HasNegativeZero(weights) ? null : Half.Zero;
        }

        for (int code = -least; code > 0; code--)
        {
            // Scales have either sign, so that codes of the range's longer side are within reach of both.
            if (Near(weights, extreme, -code, format, least, most) is { } negative)
            {
                return negative;
            }

            if (code <= most && Near(weights, extreme, code, format, least, most) is { } positive)
            {
                return positive;
            }
        }

        return null;
    }

    /// <summary>What a code stands for.</summary>
    /// <param name="code">The code.</param>
    /// <param name="scale">Its scale.</param>
    /// <param name="format">The format of the checkpoint.</param>
    public static float Restore(float code, float scale, NumberFormat format)
        => code == 0 ? 0 : Rounded(code * scale, format);

    /// <summary>Of the scales that make a code the greatest weight, the one whose products are nearest to all.</summary>
    private static Half? Near(
        ReadOnlySpan<float> weights, float extreme, int code, NumberFormat format, int least, int most)
    {
        Half? best = null;
        float smallest = float.PositiveInfinity;
        short nearest = BitConverter.HalfToInt16Bits((Half)(extreme / code));
        for (int step = -Neighbours; step <= Neighbours; step++)
        {
            Half scale = BitConverter.Int16BitsToHalf((short)(nearest + step));
            if (Half.IsFinite(scale) && Restore(code, (float)scale, format) == extreme
                && Error(weights, (float)scale, format, least, most) is { } error && error < smallest)
            {
                (best, smallest) = (scale, error);
            }
        }

        return best;
    }

    /// <summary>Σ of what rounding has changed; null where a weight is not a code times the scale.</summary>
    private static float? Error(ReadOnlySpan<float> weights, float scale, NumberFormat format, int least, int most)
    {
        float inverse = 1 / scale;
        float sum = 0;
        foreach (float weight in weights)
        {
            float code = MathF.Round(weight * inverse);
            if (code < least || code > most || !SameBits(Restore(code, scale, format), weight))
            {
                return null;
            }

            sum += Math.Abs(code * scale - weight);
        }

        return sum;
    }

    private static float Rounded(float value, NumberFormat format)
    {
        if (format == NumberFormat.Single)
        {
            return value;
        }

        if (format == NumberFormat.Half)
        {
            return (float)(Half)value;
        }

        // To nearest, ties to even.
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000);
    }

    private static bool SameBits(float one, float other)
        => BitConverter.SingleToInt32Bits(one) == BitConverter.SingleToInt32Bits(other);

    private static bool HasNegativeZero(ReadOnlySpan<float> zeros)
    {
        foreach (float zero in zeros)
        {
            if (float.IsNegative(zero))
            {
                return true;
            }
        }

        return false;
    }
}
