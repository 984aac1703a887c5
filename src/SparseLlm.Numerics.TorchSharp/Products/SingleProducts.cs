namespace SparseLlm.Numerics.TorchSharp.Products;

/// <summary>
/// Products in single precision, as they are or from two halves of each factor in bfloat16, x = high + low: x y = high high + high low + low high, which is one
/// product of matrices with the parts side by side. What is left out, low low, is of the size of rounding.
/// </summary>
/// <param name="precision">Which of the two.</param>
internal sealed class SingleProducts(Precision precision) : IDisposable
{
    /// <summary>libtorch's function has no counterpart in TorchSharp; 6 is single precision.</summary>
    private const string Script = """
        def product(a: Tensor, b: Tensor) -> Tensor:
            return torch.mm(a, b, out_dtype=6)

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

        Tensor product = Of(Left(a), Right(b));
        if (alpha != 1)
        {
            product.mul_(alpha);
        }

        if (beta == 0)
        {
            c.copy_(product);
        }
        else
        {
            c.mul_(beta).add_(product);
        }
    }

    /// <summary>The left factor of a product, as <see cref="Of"/> takes it: [m x k] or [m x 3k].</summary>
    public Tensor Left(Tensor a) => IsFast ? Parts(a, 1, (high, low) => [high, high, low]) : a;

    /// <summary>The right factor of a product, as <see cref="Of"/> takes it: [k x n] or [3k x n].</summary>
    public Tensor Right(Tensor b) => IsFast ? Parts(b, 0, (high, low) => [high, low, high]) : b;

    /// <summary>The product of what <see cref="Left"/> and <see cref="Right"/> gave, or of rows of the one and columns of the other.</summary>
    public Tensor Of(Tensor left, Tensor right) => !IsFast
        ? left.mm(right)
        : left.device_type == DeviceType.CUDA
            ? script!.invoke<Tensor>("product", left, right)
            : left.@float().mm(right.@float());

    /// <inheritdoc/>
    public void Dispose() => script?.Dispose();

    /// <summary>The parts side by side along a dimension, in the order in which the matrix is in memory.</summary>
    private static Tensor Parts(Tensor x, long dimension, Func<Tensor, Tensor, Tensor[]> order)
    {
        bool isTransposed = x.stride(0) == 1 && x.stride(1) != 1;
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor inMemory = isTransposed ? x.t() : x;
        Tensor high = inMemory.bfloat16();
        Tensor low = inMemory.sub(high).bfloat16();
        Tensor parts = torch.cat(order(high, low), isTransposed ? 1 - dimension : dimension);
        return (isTransposed ? parts.t() : parts).MoveToOuterDisposeScope();
    }
}
