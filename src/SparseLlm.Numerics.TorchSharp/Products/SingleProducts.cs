namespace SparseLlm.Numerics.TorchSharp.Products;

/// <summary>
/// Products in single precision, as they are or from two halves of each factor in bfloat16, x = high + low: x y = high
/// high + high low + low high, which is one product of matrices with the parts side by side. What is left out, low low,
/// is of the size of rounding.
/// </summary>
/// <param name="precision">Which of the two.</param>
/// <param name="parts">What makes halves of a factor.</param>
internal sealed class SingleProducts(Precision precision, HalfParts parts) : IDisposable
{
    // Of the left factor's three parts the last is the low half, of the right factor's the one between.
    private const int LeftLows = 0b100;
    private const int RightLows = 0b010;

    /// <summary>libtorch's functions have no counterpart in TorchSharp; 6 is single precision.</summary>
    private const string Script = """
        def product(a: Tensor, b: Tensor) -> Tensor:
            return torch.mm(a, b, out_dtype=6)

        def multiply(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
            return torch.mm(a, b, out_dtype=6, out=c)

        """;

    /// <summary>Compiled where it is not needed too: a libtorch that cannot says so at once.</summary>
    private readonly torch.jit.CompilationUnit? script = precision == Precision.Fast ? torch.jit.compile(Script) : null;

    /// <summary>Tokens that may be summed in single precision.</summary>
    public long Tokens => IsFast ? 4096 : 512;

    private bool IsFast => script is not null;

    /// <summary>c = alpha a b + beta c.</summary>
    /// <param name="a">[m x k].</param>
    /// <param name="b">[k x n].</param>
    /// <param name="c">[m x n].</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what c held; with 0, c is not read.</param>
    public void Multiply(Tensor a, Tensor b, Tensor c, float alpha, float beta)
    {
        if (!IsFast)
        {
            c.addmm_(a, b, beta, alpha);
            return;
        }

        (Tensor left, Tensor right) = (Left(a), Right(b));
        if (beta != 0)
        {
            c.mul_(Kept(beta)).add_(Of(left, right), Kept(alpha));
            return;
        }

        Write(left, right, c);
        if (alpha != 1)
        {
            c.mul_(Kept(alpha));
        }
    }

    /// <summary>The left factor of a product, as <see cref="Of"/> takes it: [m x k] or [m x 3k].</summary>
    public Tensor Left(Tensor a) => IsFast ? parts.Of(a, 1, LeftLows) : a;

    /// <summary>The right factor of a product, as <see cref="Of"/> takes it: [k x n] or [3k x n].</summary>
    public Tensor Right(Tensor b) => IsFast ? parts.Of(b, 0, RightLows) : b;

    /// <summary>The product of what <see cref="Left"/> and <see cref="Right"/> gave, or of rows of the one and columns
    /// of the other.</summary>
    public Tensor Of(Tensor left, Tensor right) => !IsFast
        ? left.mm(right)
        : left.device_type == DeviceType.CUDA
            ? script!.invoke<Tensor>("product", left, right)
            : left.@float().mm(right.@float());

    /// <inheritdoc/>
    public void Dispose() => script?.Dispose();

    private void Write(Tensor left, Tensor right, Tensor c)
    {
        if (c.device_type == DeviceType.CUDA)
        {
            using Tensor written = script!.invoke<Tensor>("multiply", left, right, c);
        }
        else
        {
            c.copy_(Of(left, right));
        }
    }
}
