using System.Runtime.Intrinsics;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>How many scales a block of codes has. With one, both of its halves are added up before they are scaled.
/// </summary>
internal unsafe interface IBlockScales
{
    /// <summary>Scales of a block.</summary>
    static abstract int Count { get; }

    /// <summary>sum + what a block adds.</summary>
    /// <param name="first">Sums of products of its first 32 columns.</param>
    /// <param name="second">Those of the others.</param>
    /// <param name="scales">The block's scales.</param>
    /// <param name="sum">What is there already.</param>
    static abstract Vector256<float> Add(
        Vector256<int> first, Vector256<int> second, float* scales, Vector256<float> sum);
}
