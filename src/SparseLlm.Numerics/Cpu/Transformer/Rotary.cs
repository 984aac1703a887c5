using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Transformer;

/// <summary>Rotary position embedding. Su et al. 2021.</summary>
internal static unsafe class Rotary
{
    /// <summary>Turns the first channels of every head, two by two, by the angles of its token's position.</summary>
    public static void Apply(
        WorkerTeam team,
        View<float> x,
        int heads,
        RotaryPairing pairing,
        View<float> cosines,
        View<float> sines)
    {
        int width = x.Columns / heads;
        Arithmetic.ForRows(team, x, token =>
        {
            int position = token % cosines.Rows;
            for (int head = 0; head < heads; head++)
            {
                float* channels = x.At(token, head * width);
                if (pairing == RotaryPairing.HalfSplit)
                {
                    RotateHalves(channels, cosines.Columns, cosines.At(position, 0), sines.At(position, 0));
                }
                else
                {
                    RotateNeighbours(channels, cosines.Columns, cosines.At(position, 0), sines.At(position, 0));
                }
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotateHalves(float* lower, int pairs, float* cosines, float* sines)
    {
        float* upper = lower + pairs;
        int c = 0;
        for (; c <= pairs - Vector<float>.Count; c += Vector<float>.Count)
        {
            Vector<float> x = Vector.Load(lower + c);
            Vector<float> y = Vector.Load(upper + c);
            Vector<float> cosine = Vector.Load(cosines + c);
            Vector<float> sine = Vector.Load(sines + c);
            (x * cosine - y * sine).Store(lower + c);
            (y * cosine + x * sine).Store(upper + c);
        }

        for (; c < pairs; c++)
        {
            float x = lower[c];
            float y = upper[c];
            lower[c] = x * cosines[c] - y * sines[c];
            upper[c] = y * cosines[c] + x * sines[c];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotateNeighbours(float* channels, int pairs, float* cosines, float* sines)
    {
        for (int c = 0; c < pairs; c++)
        {
            float x = channels[2 * c];
            float y = channels[2 * c + 1];
            channels[2 * c] = x * cosines[c] - y * sines[c];
            channels[2 * c + 1] = y * cosines[c] + x * sines[c];
        }
    }
}
