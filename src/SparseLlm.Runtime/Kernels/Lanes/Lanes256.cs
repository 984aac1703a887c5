using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseLlm.Runtime.Kernels.Lanes;

/// <summary>Eight floats, with AVX2 and FMA.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    public static byte* UpperPatterns => ExpansionPatterns.UpperByByte;

    public static byte* WholePatterns => ExpansionPatterns.WholeByByte;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, float* target) => values.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadUpper(ushort* source)
        => Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(source), 16).AsSingle();

    // A permutation leaves nothing out. Lanes without a value have a negative index, which its upper bits say.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Expand(float* source, byte* mask, ulong bits, int index, byte* patterns)
    {
        Vector256<int> pattern = Avx2.ConvertToVector256Int32((sbyte*)(patterns + 8 * (nuint)mask[index]));
        Vector256<float> placed = Avx2.PermuteVar8x32(Vector256.Load(source), pattern);
        return Avx2.AndNot(Avx2.ShiftRightArithmetic(pattern, 31), placed.AsInt32()).AsSingle();
    }

    // Both halves of the vector see the same sixteen bytes: one shuffle takes each value to the upper half of its lane,
    // with no widening.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ExpandUpper(ushort* source, byte* mask, ulong bits, int index, byte* patterns) =>
        Avx2.Shuffle(
            Avx2.BroadcastVector128ToVector256((byte*)source),
            Vector256.Load(patterns + (((index == 0 ? bits << 5 : bits >> (8 * index - 5)) & 0x1FE0)))).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadMask(byte* mask) => *(uint*)mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint PopCount(ulong bits) => (nuint)Popcnt.X64.PopCount(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> HalfToSingle(Vector256<float> halves)
    {
        Vector256<int> shifted = Avx2.ShiftRightArithmetic(halves.AsInt32(), Halves.Shift)
            & Vector256.Create(Halves.Bits);
        Vector256<float> finite = shifted.AsSingle() * Vector256.Create(Halves.Scale);
        Vector256<int> isInfinite = Vector256.GreaterThanOrEqual(
            Vector256.Abs(finite),
            Vector256.Create(Halves.Infinite)).AsInt32();
        return (finite.AsInt32() | (isInfinite & Vector256.Create(Halves.Exponent))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> weights, Vector256<float> values, Vector256<float> sum)
        => Fma.MultiplyAdd(weights, values, sum);

    public static float Sum(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<float> sum = (a + b) + (c + d);
        return Lanes128.Sum(sum.GetLower(), default, sum.GetUpper(), default);
    }
}
