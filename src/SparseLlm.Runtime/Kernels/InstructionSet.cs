namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// The instructions a product runs on. A product has the same bits on every machine that runs the same instructions;
/// other instructions add up in another order.
/// </summary>
public enum InstructionSet
{
    /// <summary>128-bit vectors of any machine, products rounded before they are added.</summary>
    Portable,

    /// <summary>256-bit vectors and fused multiply-add.</summary>
    Avx2,

    /// <summary>512-bit vectors, and values put in their places by a mask (VBMI2).</summary>
    Avx512,
}
