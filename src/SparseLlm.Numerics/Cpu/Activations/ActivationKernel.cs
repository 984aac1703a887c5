using System.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <summary>What is computed of y = f(x).</summary>
internal abstract unsafe class ActivationKernel
{
    /// <summary>The kernel of a nonlinearity.</summary>
    /// <exception cref="ArgumentException">It needs a gate.</exception>
    public static ActivationKernel Of(Nonlinearity f) => f switch
    {
        Nonlinearity.Relu => new ActivationKernel<Relu>(),
        Nonlinearity.Silu => new ActivationKernel<Silu>(),
        Nonlinearity.Gelu => new ActivationKernel<Gelu>(),
        Nonlinearity.GeluTanh => new ActivationKernel<GeluTanh>(),
        Nonlinearity.QuickGelu => new ActivationKernel<QuickGelu>(),
        _ => throw new ArgumentException($"{f} is no function of one matrix.", nameof(f)),
    };

    /// <summary>y = f(x); y may be x.</summary>
    public abstract void Activate(WorkerTeam team, View<float> x, View<float> y);

    /// <summary>dx = dy ⊙ f'(x); dx may be either.</summary>
    public abstract void Gradient(WorkerTeam team, View<float> x, View<float> dy, View<float> dx);

    /// <summary>sums += Σ f'(x)² of each column.</summary>
    public abstract void AccumulateSensitivity(WorkerTeam team, View<float> x, double* sums);
}

/// <inheritdoc cref="ActivationKernel"/>
internal sealed unsafe class ActivationKernel<TActivation> : ActivationKernel
    where TActivation : struct, IActivation
{
    /// <inheritdoc/>
    public override void Activate(WorkerTeam team, View<float> x, View<float> y)
        => Map.Run(team, default(Values), x, y);

    /// <inheritdoc/>
    public override void Gradient(WorkerTeam team, View<float> x, View<float> dy, View<float> dx) =>
        Map.Run(team, default(Gradients), x, dy, dx);

    /// <inheritdoc/>
    public override void AccumulateSensitivity(WorkerTeam team, View<float> x, double* sums) =>
        ColumnReductions.SumSquares(team, default(Slopes), x, sums);

    private readonly struct Values : IUnaryMap
    {
        public Vector<float> Apply(Vector<float> x) => TActivation.Value(x);
    }

    private readonly struct Gradients : IBinaryMap
    {
        public Vector<float> Apply(Vector<float> x, Vector<float> dy) => TActivation.Slope(x, dy);
    }

    private readonly struct Slopes : IUnaryMap
    {
        public Vector<float> Apply(Vector<float> x) => TActivation.Slope(x, Vector<float>.One);
    }
}
