using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>A scale for each half of a block, as groups of 32 columns have.</summary>
internal readonly unsafe struct TwoScales : IBlockScales
{
    public static int Count => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(
        Vector256<int> first, Vector256<int> second, float* scales, Vector256<float> sum)
        => Vector256.MultiplyAddEstimate(
            Vector256.ConvertToSingle(second),
            Vector256.Create(scales[1]),
            Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(first), Vector256.Create(scales[0]), sum));
}
