namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// What is known to be zero in a product's factors, and need not be computed of its result. Tiles clip their range of k
/// by it, so that symmetric and triangular products cost about half.
/// </summary>
[Flags]
internal enum Zeros
{
    /// <summary>All matrices are full.</summary>
    None = 0,

    /// <summary>a_ik = 0 for k &lt; i.</summary>
    UpperA = 1,

    /// <summary>a_ik = 0 for k &gt; i.</summary>
    LowerA = 16,

    /// <summary>b_kj = 0 for k &gt; j.</summary>
    UpperB = 2,

    /// <summary>b_kj = 0 for k &lt; j.</summary>
    LowerB = 4,

    /// <summary>Only c_ij with i &lt;= j is wanted; what is below is left alone.</summary>
    UpperC = 8,
}
