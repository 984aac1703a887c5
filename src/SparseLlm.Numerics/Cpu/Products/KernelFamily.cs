namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>The instruction sets there are kernels for.</summary>
internal enum KernelFamily
{
    /// <summary>128-bit vectors of any machine.</summary>
    Portable,

    /// <summary>256-bit vectors and fused multiply-add.</summary>
    Avx2,

    /// <summary>512-bit vectors.</summary>
    Avx512,
}
