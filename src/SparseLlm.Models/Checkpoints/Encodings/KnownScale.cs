using SparseLlm.Numerics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// Finds the scale of weights that have been quantised before: whole codes times a half-precision number, rounded to
/// the type of a checkpoint. What is stored with this scale stands for what was measured, and not for a rounding of it.
/// </summary>
internal static class KnownScale
{
    // A product that was rounded to bfloat16, the coarsest type, is off by a 256th of it, and hardly more of what it
    // became.
    private const float Tolerance = 1f / 250;

    // Of halves near the quotient of a weight and its code, how many may be its scale, by that.
    private const int Neighbours = 9;

    /// <summary>The scale, if every weight is a code times it to the bit; zero where all weights are; null where there
    /// is none.</summary>
    /// <param name="weights">The weights of a group.</param>
    /// <param name="format">The format that they were rounded to.</param>
    /// <param name="least">The least code; its magnitude is the greatest there is.</param>
    /// <param name="most">The greatest code.</param>
    public static Half? Of(ReadOnlySpan<float> weights, NumberFormat format, int least, int most)
    {
        float extreme = Extreme(weights);
        if (extreme == 0)
        {
            return weights.ContainsAnyExcept(0f) || HasNegativeZero(weights) ? null : Half.Zero;
        }

        for (int code = -least; code > 0; code--)
        {
            (Half? scale, float _) = Near(weights, extreme, code, format, least, most);
            if (scale is not null)
            {
                return scale;
            }
        }

        return null;
    }

    /// <summary>The scale, if every weight is a code times it but for some rounding; null where there is none, or all
    /// are zero.</summary>
    /// <param name="weights">The weights of a group.</param>
    /// <param name="least">The least code; its magnitude is the greatest there is.</param>
    /// <param name="most">The greatest code.</param>
    public static Half? Of(ReadOnlySpan<float> weights, int least, int most)
    {
        float extreme = Extreme(weights);
        (Half? Scale, float Error) best = (null, float.PositiveInfinity);
        for (int code = -least; code > 0 && extreme != 0; code--)
        {
            (Half? Scale, float Error) near = Near(weights, extreme, code, null, least, most);
            best = near.Error < best.Error ? near : best;
        }

        return best.Scale;
    }

    /// <summary>What a code stands for.</summary>
    /// <param name="code">The code.</param>
    /// <param name="scale">Its scale.</param>
    /// <param name="format">The format of the checkpoint.</param>
    public static float Restore(float code, float scale, NumberFormat format)
        => code == 0 ? 0 : Rounded(code * scale, format);

    /// <summary>Of the scales that make a code of some magnitude the greatest weight, the one whose products are
    /// nearest to all, and what they are off. Scales have either sign.</summary>
    private static (Half? Scale, float Error) Near(
        ReadOnlySpan<float> weights, float extreme, int magnitude, NumberFormat? format, int least, int most)
    {
        (Half? Scale, float Error) best = (null, float.PositiveInfinity);
        foreach (int code in (ReadOnlySpan<int>)[-magnitude, Math.Min(magnitude, most)])
        {
            short nearest = BitConverter.HalfToInt16Bits((Half)(extreme / code));
            for (int step = -Neighbours; step <= Neighbours; step++)
            {
                Half scale = BitConverter.Int16BitsToHalf((short)(nearest + step));
                if (IsCode(extreme, code, (float)scale, format)
                    && Error(weights, (float)scale, format, least, most) is { } error && error < best.Error)
                {
                    best = (scale, error);
                }
            }
        }

        return best;
    }

    /// <summary>Σ of what rounding has changed; null where a weight is not a code times the scale.</summary>
    private static float? Error(ReadOnlySpan<float> weights, float scale, NumberFormat? format, int least, int most)
    {
        float inverse = 1 / scale;
        float sum = 0;
        foreach (float weight in weights)
        {
            float code = MathF.Round(weight * inverse);
            if (!(code >= least && code <= most) || !IsCode(weight, code, scale, format))
            {
                return null;
            }

            sum += Math.Abs(code * scale - weight);
        }

        return sum;
    }

    private static bool IsCode(float weight, float code, float scale, NumberFormat? format) => format is { } known
        ? BitConverter.SingleToInt32Bits(Restore(code, scale, known)) == BitConverter.SingleToInt32Bits(weight)
        : Math.Abs(code * scale - weight) <= Tolerance * Math.Abs(weight);

    private static float Extreme(ReadOnlySpan<float> weights)
    {
        float extreme = 0;
        foreach (float weight in weights)
        {
            extreme = Math.Abs(weight) > Math.Abs(extreme) ? weight : extreme;
        }

        return extreme;
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
