namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>y = f(gate) ⊙ g(up). For all nonlinearities but one, g is the identity.</summary>
internal sealed record GatedActivation(Activation Gate, Activation Up)
{
    /// <summary>The functions of a nonlinearity.</summary>
    public static GatedActivation Of(Nonlinearity f) => f == Nonlinearity.ClampedSwish
        ? new GatedActivation(Activation.ClampedGate, Activation.ClampedUp)
        : new GatedActivation(Activation.Of(f), Activation.Identity);

    /// <summary>y.</summary>
    public Tensor Value(Tensor gate, Tensor up) => Gate.Value(gate).mul_(Up.Value(up));

    /// <summary>∂y/∂gate times a factor.</summary>
    public Tensor GateSlope(Tensor gate, Tensor up, Tensor factor) => Gate.Slope(gate, factor.mul(Up.Value(up)));

    /// <summary>∂y/∂up times a factor.</summary>
    public Tensor UpSlope(Tensor gate, Tensor up, Tensor factor) => Up.Slope(up, Gate.Value(gate).mul_(factor));
}
