using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>One scale for a block, as groups of 64 columns and more have.</summary>
internal readonly unsafe struct OneScale : IBlockScales
{
    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(
        Vector256<int> first, Vector256<int> second, float* scales, Vector256<float> sum)
        => Vector256.MultiplyAddEstimate(
            Vector256.ConvertToSingle(first + second),
            Vector256.Create(scales[0]),
            sum);
}
