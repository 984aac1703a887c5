namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>A function of one number and its derivative.</summary>
/// <param name="Value">f(x); a new tensor, but for the identity.</param>
/// <param name="Slope">f'(x) times a factor of the same shape.</param>
internal sealed record Activation(Func<Tensor, Tensor> Value, Func<Tensor, Tensor, Tensor> Slope)
{
    /// <summary>Where <see cref="Nonlinearity.ClampedSwish"/> clamps.</summary>
    private const float Limit = 7;

    private const float Steepness = 1.702f;

    /// <summary>2 √(2 / π): (1 + tanh(z)) / 2 is σ(2 z).</summary>
    private const float Linear = 1.59576912f;

    private const float Cubic = 0.044715f;
    private const float InverseSqrtTwo = 0.707106781f;
    private const float InverseSqrtTwoPi = 0.398942280f;

    /// <summary>x: what most gated activations do with the up projection.</summary>
    public static Activation Identity { get; } = new(x => x, (_, factor) => factor);

    /// <inheritdoc cref="Nonlinearity.Relu"/>
    public static Activation Relu { get; }
        = new(x => x.relu(), (x, factor) => factor.masked_fill(x.gt(Kept(0)).logical_not(), Kept(0)));

    /// <inheritdoc cref="Nonlinearity.Silu"/>
    public static Activation Silu { get; }
        = new(x => x.silu(), (x, factor) => Swish.Slope(x, x.sigmoid()).mul_(factor));

    /// <inheritdoc cref="Nonlinearity.Gelu"/>
    public static Activation Gelu { get; } = new(
        x => Cumulative(x).mul_(x),
        (x, factor) => x.Squared().mul_(Kept(-0.5f)).exp_().mul_(Kept(InverseSqrtTwoPi)).mul_(x)
            .add_(Cumulative(x), One)
            .mul_(factor));

    /// <inheritdoc cref="Nonlinearity.GeluTanh"/>
    public static Activation GeluTanh { get; } = new(x => TanhArgument(x).sigmoid_().mul_(x), (x, factor) =>
    {
        // f' = σ(z) (1 + x z' (1 - σ(z))); beyond 30 it does not change, and its parts would overflow.
        x = x.clamp(Kept(-30), Kept(30));
        Tensor sigmoid = TanhArgument(x).sigmoid_();
        Tensor slope = x.Squared().mul_(Kept(3 * Cubic)).add_(Kept(1), One).mul_(x).mul_(Kept(Linear));
        return sigmoid.neg().add_(Kept(1), One).mul_(slope).add_(Kept(1), One).mul_(sigmoid).mul_(factor);
    });

    /// <inheritdoc cref="Nonlinearity.QuickGelu"/>
    public static Activation QuickGelu { get; } = new(x => x.mul(Kept(Steepness)).sigmoid_().mul_(x), (x, factor) =>
    {
        Tensor steep = x.mul(Kept(Steepness));
        return Swish.Slope(steep, steep.sigmoid()).mul_(factor);
    });

    /// <summary>The gate's half of <see cref="Nonlinearity.ClampedSwish"/>.</summary>
    public static Activation ClampedGate { get; } = new(
        x => QuickGelu.Value(x.clamp(max: Kept(Limit))), (x, factor) => QuickGelu.Slope(x, factor)
            .masked_fill_(x.gt(Kept(Limit)), Kept(0)));

    /// <summary>The up projection's half of <see cref="Nonlinearity.ClampedSwish"/>.</summary>
    public static Activation ClampedUp { get; } = new(
        x => x.clamp(Kept(-Limit), Kept(Limit)).add_(Kept(1), One), (x, factor) => factor.masked_fill(
            x.abs().gt(Kept(Limit)),
            Kept(0)));

    /// <summary>The function of a nonlinearity.</summary>
    /// <exception cref="ArgumentException">It needs a gate.</exception>
    public static Activation Of(Nonlinearity f) => f switch
    {
        Nonlinearity.Relu => Relu,
        Nonlinearity.Silu => Silu,
        Nonlinearity.Gelu => Gelu,
        Nonlinearity.GeluTanh => GeluTanh,
        Nonlinearity.QuickGelu => QuickGelu,
        _ => throw new ArgumentException($"{f} is no function of one matrix.", nameof(f)),
    };

    /// <summary>Φ(x), with its digits where it is close to 0.</summary>
    private static Tensor Cumulative(Tensor x) => x.mul(Kept(-InverseSqrtTwo)).erfc_().mul_(Kept(0.5f));

    private static Tensor TanhArgument(Tensor x)
        => x.Squared().mul_(Kept(Cubic)).add_(Kept(1), One).mul_(x).mul_(Kept(Linear));
}
