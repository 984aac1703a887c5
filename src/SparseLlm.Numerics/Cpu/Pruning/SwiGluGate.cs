using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>
/// A local minimum over s of f(s) = alpha (s - m)² + gamma (p - silu(s) z)², by Newton steps from m. A step is taken
/// only if it lowers f, and shortened otherwise, so that the result is never worse than m. Where the curvature is not
/// safely positive, that of Gauss and Newton, which always is, takes its place.
/// </summary>
internal sealed unsafe class SwiGluGate(float alpha, float gamma)
{
    private const int Iterations = 10;
    private const float Shorten = 0.25f;
    private const float Lengthen = 2;
    private const float LeastCurvature = 0.1f;

    /// <summary>Elements that take each step together: one alone would wait for its own results all the time.</summary>
    private const int Block = 256;

    /// <summary>Finds s for all elements; s may be m.</summary>
    public void Update(WorkerTeam team, View<float> m, View<float> z, View<float> p, View<float> s) =>
        team.RunChunks(m.Length, Block * 16, (start, count) =>
        {
            for (nint i = start; i < start + count; i += Block)
            {
                int length = (int)Math.Min(Block, start + count - i);
                UpdateBlock(m.Data + i, z.Data + i, p.Data + i, length, s.Data + i);
            }
        });

    private void UpdateBlock(float* m, float* z, float* p, int count, float* s)
    {
        float* memory = stackalloc float[7 * Block];
        new Span<float>(memory, 7 * Block).Clear();
        var state = new State(memory);
        new Span<float>(m, count).CopyTo(new Span<float>(state.M, count));
        new Span<float>(z, count).CopyTo(new Span<float>(state.Z, count));
        new Span<float>(p, count).CopyTo(new Span<float>(state.P, count));
        Start(state);
        for (int i = 0; i < Iterations; i++)
        {
            Step(state);
        }

        new Span<float>(state.S, count).CopyTo(new Span<float>(s, count));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Start(State state)
    {
        for (int i = 0; i < Block; i += Vector<float>.Count)
        {
            Vector<float> m = Vector.Load(state.M + i);
            Vector<float> sigmoid = Sigmoid.Of(m);
            m.Store(state.S + i);
            sigmoid.Store(state.Sigmoid + i);
            Cost(m, sigmoid, m, Vector.Load(state.Z + i), Vector.Load(state.P + i)).Store(state.Cost + i);
            Vector<float>.One.Store(state.Scale + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Step(State state)
    {
        Vector<float> one = Vector<float>.One;
        for (int i = 0; i < Block; i += Vector<float>.Count)
        {
            Vector<float> m = Vector.Load(state.M + i);
            Vector<float> z = Vector.Load(state.Z + i);
            Vector<float> p = Vector.Load(state.P + i);
            Vector<float> s = Vector.Load(state.S + i);
            Vector<float> sigmoid = Vector.Load(state.Sigmoid + i);
            Vector<float> cost = Vector.Load(state.Cost + i);
            Vector<float> scale = Vector.Load(state.Scale + i);

            // silu' = σ (1 + s (1 - σ)), silu'' = σ (1 - σ) (2 + s (1 - 2 σ)).
            Vector<float> rest = one - sigmoid;
            Vector<float> slope = sigmoid * (one + s * rest) * z;
            Vector<float> bend = sigmoid * rest * (2 * one + s * (one - 2 * sigmoid)) * z;
            Vector<float> residual = p - s * sigmoid * z;
            Vector<float> gradient = alpha * (s - m) - gamma * residual * slope;
            Vector<float> gaussNewton = new Vector<float>(alpha) + gamma * slope * slope;
            Vector<float> newton = gaussNewton - gamma * residual * bend;
            Vector<float> curvature = Vector.ConditionalSelect(
                Vector.GreaterThan(newton, LeastCurvature * gaussNewton), newton, gaussNewton);

            Vector<float> candidate = s - scale * gradient / curvature;
            Vector<float> candidateSigmoid = Sigmoid.Of(candidate);
            Vector<float> candidateCost = Cost(candidate, candidateSigmoid, m, z, p);
            Vector<int> better = Vector.LessThan(candidateCost, cost);
            Vector.ConditionalSelect(better, candidate, s).Store(state.S + i);
            Vector.ConditionalSelect(better, candidateSigmoid, sigmoid).Store(state.Sigmoid + i);
            Vector.ConditionalSelect(better, candidateCost, cost).Store(state.Cost + i);
            Vector.ConditionalSelect(better, Vector.MinNative(one, Lengthen * scale), Shorten * scale)
                .Store(state.Scale + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<float> Cost(
        Vector<float> s,
        Vector<float> sigmoid,
        Vector<float> m,
        Vector<float> z,
        Vector<float> p)
    {
        Vector<float> distance = s - m;
        Vector<float> residual = p - s * sigmoid * z;
        return alpha * distance * distance + gamma * residual * residual;
    }

    /// <summary>Inputs and what is known of each element of a block.</summary>
    private readonly struct State(float* memory)
    {
        public float* M => memory;

        public float* Z => memory + Block;

        public float* P => memory + 2 * Block;

        public float* S => memory + 3 * Block;

        public float* Sigmoid => memory + 4 * Block;

        public float* Cost => memory + 5 * Block;

        /// <summary>What part of a Newton step is taken.</summary>
        public float* Scale => memory + 6 * Block;
    }
}
