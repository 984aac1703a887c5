namespace SparseLlm.Models.Gguf.Format;

/// <summary>
/// Finds the scale of values that have been quantised before: codes times a half-precision number, rounded to the type
/// of a checkpoint. A block that is written with this scale stands for what was measured, and not for a rounding of it.
/// </summary>
internal static class KnownScale
{
    // A product that was rounded to bfloat16, the coarsest type, is off by a 256th of it, and hardly more of what it
    // became.
    private const float Tolerance = 1f / 250;

    // The extreme value may be off by that, and a scale with it.
    private const int Neighbours = 9;

    /// <summary>The scale, if every value is a code times it; null where they are not, or are all zero.</summary>
    /// <param name="values">The values of a block.</param>
    /// <param name="least">The least code.</param>
    /// <param name="most">The greatest code.</param>
    public static Half? Of(ReadOnlySpan<float> values, int least, int most)
    {
        float extreme = 0;
        foreach (float value in values)
        {
            extreme = Math.Abs(value) > Math.Abs(extreme) ? value : extreme;
        }

        Half? best = null;
        float smallest = float.PositiveInfinity;
        for (int code = extreme == 0 ? 1 : least; code <= most && extreme != 0; code++)
        {
            if (code == 0)
            {
                continue;
            }

            Half nearest = (Half)(extreme / code);
            for (int step = -Neighbours; step <= Neighbours; step++)
            {
                Half scale = BitConverter.Int16BitsToHalf((short)(BitConverter.HalfToInt16Bits(nearest) + step));
                float error = Error(values, (float)scale, least, most, smallest);
                if (error < smallest)
                {
                    (best, smallest) = (scale, error);
                }
            }
        }

        return best;
    }

    /// <summary>Σ of what values are off, or infinity where one is off by more than rounding explains, or where all
    /// together are by more than a bound.</summary>
    private static float Error(ReadOnlySpan<float> values, float scale, int least, int most, float bound)
    {
        float inverse = 1 / scale;
        if (!float.IsFinite(inverse) || !float.IsFinite(scale))
        {
            return float.PositiveInfinity;
        }

        float sum = 0;
        foreach (float value in values)
        {
            float code = MathF.Round(value * inverse);
            float error = Math.Abs(value - code * scale);
            sum += error;
            if (!(error <= Tolerance * Math.Abs(value)) || code < least || code > most || sum >= bound)
            {
                return float.PositiveInfinity;
            }
        }

        return sum;
    }
}
