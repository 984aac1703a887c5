using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Numerics.Cpu.Quantization;

/// <summary>Rounds the weights of eight rows to codes times scales.</summary>
internal readonly struct CodeLanes(CodeRange codes)
{
    private readonly Vector256<float> least = Vector256.Create((float)codes.Least);
    private readonly Vector256<float> most = Vector256.Create((float)codes.Most);
    private readonly Vector256<float> nothing = codes.HasZero ? Vector256<float>.Zero : Vector256<float>.One;

    /// <summary>What a code is at least, in magnitude, times the inverse of a scale; 0 where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Inverse(Vector256<float> scale) => Vector256.ConditionalSelect(
        Vector256.Equals(scale, Vector256<float>.Zero),
        Vector256<float>.Zero,
        Vector256<float>.One / scale);

    /// <summary>The nearest code, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Code(Vector256<float> weight, Vector256<float> inverse)
    {
        Vector256<float> exact = weight * inverse;
        Vector256<float> rounded = Vector256.Round(exact);
        Vector256<float> smallest = Vector256.ConditionalSelect(
            Vector256.LessThan(exact, Vector256<float>.Zero),
            -nothing,
            nothing);
        Vector256<float> code = Vector256.ConditionalSelect(
            Vector256.Equals(rounded, Vector256<float>.Zero),
            smallest,
            rounded);
        return Vector256.Min(Vector256.Max(code, least), most);
    }
}
