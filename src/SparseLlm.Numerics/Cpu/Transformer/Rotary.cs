using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Transformer;

/// <summary>Rotary position embedding, half-split layout. Su et al. 2021.</summary>
internal static unsafe class Rotary
{
    /// <summary>Rotates channel c of every head with channel c + width / 2 by the angle of its position.</summary>
    public static void Apply(WorkerTeam team, View<float> x, int heads, View<float> cosines, View<float> sines) =>
        Arithmetic.ForRows(team, x, token =>
        {
            int pairs = cosines.Columns;
            int position = token % cosines.Rows;
            for (int head = 0; head < heads; head++)
            {
                Rotate(x.At(token, head * 2 * pairs), pairs, cosines.At(position, 0), sines.At(position, 0));
            }
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rotate(float* lower, int pairs, float* cosines, float* sines)
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
}
