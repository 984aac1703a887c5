namespace SparseLlm.Numerics.TorchSharp.Products;

/// <summary>
/// The halves in bfloat16 of numbers in single precision, x = high + low, in an order in which a product takes them: by
/// a kernel where there is one, else by tensor operations, which go over memory three times as often.
/// </summary>
/// <param name="kernel">Null for tensor operations.</param>
internal sealed class HalfParts(HalfPartsKernel? kernel)
{
    /// <summary>Three parts along a dimension, each as large as x, in the order in which x is in memory.</summary>
    /// <param name="x">[m x k]; may be a transposed view.</param>
    /// <param name="dimension">0 for parts one below the other, 1 for parts side by side.</param>
    /// <param name="lows">Bit p says whether part p is the low half.</param>
    /// <returns>[3m x k] or [m x 3k].</returns>
    public Tensor Of(Tensor x, int dimension, int lows)
    {
        bool isTransposed = x.stride(0) == 1 && x.stride(1) != 1;
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor inMemory = isTransposed ? x.t() : x;
        int along = isTransposed ? 1 - dimension : dimension;
        Tensor parts = kernel is not null && inMemory.stride(1) == 1
            ? kernel.Parts(inMemory, along, lows)
            : Parts(inMemory, along, lows);
        return (isTransposed ? parts.t() : parts).MoveToOuterDisposeScope();
    }

    private static Tensor Parts(Tensor x, int dimension, int lows)
    {
        Tensor high = x.bfloat16();
        Tensor low = x.sub(high).bfloat16();
        return torch.cat([.. Enumerable.Range(0, 3).Select(part => (lows >> part & 1) == 1 ? low : high)], dimension);
    }
}
