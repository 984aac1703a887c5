using SparseLlm.Numerics.Cpu;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Weights;

/// <summary>A weight matrix of a layer that stays as it is stored.</summary>
internal sealed unsafe class StoredWeights(
    WeightMatrix matrix,
    VectorProducts products) : StoredFactor(checked((int)matrix.Rows), matrix.Columns)
{
    /// <summary>Bytes that a product reads.</summary>
    public long Bytes => matrix.Bytes;

    /// <inheritdoc/>
    public override void Multiply(View<float> x, View<float> y) =>
        products.Multiply(
            matrix,
            new ReadOnlySpan<float>(x.Data, checked((int)x.Length)),
            new Span<float>(y.Data, checked((int)y.Length)));
}
