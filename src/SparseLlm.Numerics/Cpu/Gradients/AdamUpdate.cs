using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>Adam (Kingma and Ba 2015), all of a step in one pass over memory.</summary>
internal sealed unsafe class AdamUpdate
{
    private readonly float meanDecay;
    private readonly float squareDecay;
    private readonly float rate;
    private readonly float squareCorrection;
    private readonly float epsilon;

    public AdamUpdate(AdamStep step)
    {
        meanDecay = (float)step.MeanDecay;
        squareDecay = (float)step.SquareDecay;
        rate = (float)(step.Rate / (1 - Math.Pow(step.MeanDecay, step.Number)));
        squareCorrection = (float)(1 / (1 - Math.Pow(step.SquareDecay, step.Number)));
        epsilon = (float)step.Epsilon;
    }

    /// <summary>Updates w, m and v, all as long as the gradient.</summary>
    public void Run(WorkerTeam team, View<float> w, float* gradient, float* mask, float* m, float* v) =>
        team.RunChunks(w.Length, WorkerTeam.Chunk, (start, count) =>
            Run(w.Data + start, gradient + start, mask == null ? null : mask + start, m + start, v + start, count));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run(float* w, float* gradient, float* mask, float* m, float* v, nint count)
    {
        nint i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> g = Vector.Load(gradient + i);
            g = mask == null ? g : g * Vector.Load(mask + i);
            Vector<float> mean = Vector.Load(m + i) * meanDecay + g * (1 - meanDecay);
            Vector<float> square = Vector.Load(v + i) * squareDecay + g * g * (1 - squareDecay);
            mean.Store(m + i);
            square.Store(v + i);
            (Vector.Load(w + i) - mean * rate
                / (Vector.SquareRoot(square * squareCorrection) + new Vector<float>(epsilon))).Store(w + i);
        }

        for (; i < count; i++)
        {
            float g = mask == null ? gradient[i] : gradient[i] * mask[i];
            m[i] = m[i] * meanDecay + g * (1 - meanDecay);
            v[i] = v[i] * squareDecay + g * g * (1 - squareDecay);
            w[i] -= m[i] * rate / (MathF.Sqrt(v[i] * squareCorrection) + epsilon);
        }
    }
}
