using System.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <summary>What is computed of y = f(gate) ⊙ g(up). For all nonlinearities but one, g is the identity.</summary>
internal abstract unsafe class GatedActivationKernel
{
    /// <summary>The kernel of a nonlinearity.</summary>
    public static GatedActivationKernel Of(Nonlinearity f) => f switch
    {
        Nonlinearity.Relu => new GatedActivationKernel<Relu, Identity>(),
        Nonlinearity.Silu => new GatedActivationKernel<Silu, Identity>(),
        Nonlinearity.Gelu => new GatedActivationKernel<Gelu, Identity>(),
        Nonlinearity.GeluTanh => new GatedActivationKernel<GeluTanh, Identity>(),
        Nonlinearity.QuickGelu => new GatedActivationKernel<QuickGelu, Identity>(),
        Nonlinearity.ClampedSwish => new GatedActivationKernel<ClampedGate, ClampedUp>(),
        _ => throw new ArgumentException($"{f} is no function of two matrices.", nameof(f)),
    };

    /// <summary>y = f(gate) ⊙ g(up); y may be either.</summary>
    public abstract void Activate(WorkerTeam team, View<float> gate, View<float> up, View<float> y);

    /// <summary>dgate = dy ⊙ g(up) ⊙ f'(gate); dgate may be one of the others.</summary>
    public abstract void GateGradient(
        WorkerTeam team,
        View<float> gate,
        View<float> up,
        View<float> dy,
        View<float> dgate);

    /// <summary>dup = dy ⊙ f(gate) ⊙ g'(up); dup may be one of the others.</summary>
    public abstract void UpGradient(WorkerTeam team, View<float> gate, View<float> up, View<float> dy, View<float> dup);

    /// <summary>The sums += Σ (f(gate) g'(up))² and Σ (f'(gate) g(up))² of each column.</summary>
    public abstract void AccumulateSensitivity(
        WorkerTeam team, View<float> gate, View<float> up, double* upSums, double* gateSums);
}

/// <inheritdoc cref="GatedActivationKernel"/>
internal sealed unsafe class GatedActivationKernel<TGate, TUp> : GatedActivationKernel
    where TGate : struct, IActivation
    where TUp : struct, IActivation
{
    /// <inheritdoc/>
    public override void Activate(WorkerTeam team, View<float> gate, View<float> up, View<float> y) =>
        Map.Run(team, default(Values), gate, up, y);

    /// <inheritdoc/>
    public override void GateGradient(
        WorkerTeam team,
        View<float> gate,
        View<float> up,
        View<float> dy,
        View<float> dgate) =>
        Map.Run(team, default(GateGradients), gate, up, dy, dgate);

    /// <inheritdoc/>
    public override void UpGradient(WorkerTeam team, View<float> gate, View<float> up, View<float> dy, View<float> dup)
        =>
        Map.Run(team, default(UpGradients), gate, up, dy, dup);

    /// <inheritdoc/>
    public override void AccumulateSensitivity(
        WorkerTeam team, View<float> gate, View<float> up, double* upSums, double* gateSums)
    {
        ColumnReductions.SumSquares(team, default(UpSlopes), gate, up, upSums);
        ColumnReductions.SumSquares(team, default(GateSlopes), gate, up, gateSums);
    }

    private readonly struct Values : IBinaryMap
    {
        public Vector<float> Apply(Vector<float> gate, Vector<float> up) =>
            TGate.Value(gate) * TUp.Value(up);
    }

    private readonly struct GateGradients : ITernaryMap
    {
        public Vector<float> Apply(Vector<float> gate, Vector<float> up, Vector<float> dy) =>
            TGate.Slope(gate, dy * TUp.Value(up));
    }

    private readonly struct UpGradients : ITernaryMap
    {
        public Vector<float> Apply(Vector<float> gate, Vector<float> up, Vector<float> dy) =>
            TUp.Slope(up, TGate.Value(gate) * dy);
    }

    private readonly struct GateSlopes : IBinaryMap
    {
        public Vector<float> Apply(Vector<float> gate, Vector<float> up) =>
            TGate.Slope(gate, Vector<float>.One) * TUp.Value(up);
    }

    private readonly struct UpSlopes : IBinaryMap
    {
        public Vector<float> Apply(Vector<float> gate, Vector<float> up) =>
            TUp.Slope(up, TGate.Value(gate));
    }
}
