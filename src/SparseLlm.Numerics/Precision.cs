namespace SparseLlm.Numerics;

/// <summary>How products of matrices in single precision are computed.</summary>
public enum Precision
{
    /// <summary>In single precision.</summary>
    Exact,

    /// <summary>
    /// From three products of halves with eight bits each, on tensor cores, with sums in single precision: relative
    /// errors of 5e-6 instead of 4e-7, in a third to a half of the time. Sums over tokens go into double precision
    /// after 4096 tokens instead of 512.
    /// </summary>
    Fast,
}
