namespace SparseLlm.Numerics;

/// <summary>How a file stores the numbers of a matrix.</summary>
public enum NumberFormat
{
    /// <summary>Single precision (IEEE 754 binary32).</summary>
    Single,

    /// <summary>Half precision (IEEE 754 binary16).</summary>
    Half,

    /// <summary>The upper half of a single-precision number.</summary>
    BFloat16,
}
