using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu;

/// <summary>
/// A matrix that is not floats in memory: weights that stay as a file stores them. On the CPU backend it can be the
/// transposed right factor of a product, and nothing else.
/// </summary>
internal abstract class StoredFactor(int rows, int columns) : Matrix<float>(rows, columns)
{
    /// <summary>y = x W'.</summary>
    /// <param name="x">[tokens x columns].</param>
    /// <param name="y">[tokens x rows].</param>
    public abstract void Multiply(View<float> x, View<float> y);

    /// <inheritdoc/>
    protected override Matrix<float> View(long offset, int rows, int columns)
        => throw new NotSupportedException("Stored weights are multiplied as a whole.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
