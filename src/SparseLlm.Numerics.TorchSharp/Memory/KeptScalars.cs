namespace SparseLlm.Numerics.TorchSharp.Memory;

/// <summary>
/// Numbers as operations of tensors take them. TorchSharp would make an object of a number where an operation is
/// called, and hand the native code an address in it: nothing keeps the collector from freeing the object before the
/// native code has read it, so now and then an operation fails, or computes with another number. What is made here is
/// held for longer than a call takes. For the same reason a sum of tensors names its factor, <see cref="One"/>.
/// </summary>
internal static class KeptScalars
{
    /// <summary>More than the arguments of one statement.</summary>
    private const int Held = 64;

    [ThreadStatic]
    private static Scalar[]? held;

    [ThreadStatic]
    private static int next;

    /// <summary>The factor of a plain sum.</summary>
    public static Scalar One { get; } = 1L.ToScalar();

    /// <summary>A number.</summary>
    public static Scalar Kept(double value) => Hold(value.ToScalar());

    /// <inheritdoc cref="Kept(double)"/>
    public static Scalar Kept(long value) => Hold(value.ToScalar());

    /// <summary>x ⊙ x.</summary>
    public static Tensor Squared(this Tensor x) => x.mul(x);

    private static Scalar Hold(Scalar scalar)
    {
        held ??= new Scalar[Held];
        next = (next + 1) % Held;
        return held[next] = scalar;
    }
}
