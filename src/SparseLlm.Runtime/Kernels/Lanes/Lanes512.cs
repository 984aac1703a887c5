using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseLlm.Runtime.Kernels.Lanes;

/// <summary>Sixteen floats, with AVX-512 and VBMI2: values are put in their places by one instruction, and no
/// table.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    public static byte* UpperPatterns => null;

    public static byte* WholePatterns => null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, float* target) => values.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadUpper(ushort* source) =>
        Avx512F.ShiftLeftLogical(Avx512F.ConvertToVector512Int32(Vector256.Load(source)), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Expand(float* source, byte* mask, ulong bits, int index, byte* patterns)
    {
        Vector512<int> places = Vector512.Create(
            1,
            2,
            4,
            8,
            0x10,
            0x20,
            0x40,
            0x80,
            0x100,
            0x200,
            0x400,
            0x800,
            0x1000,
            0x2000,
            0x4000,
            0x8000);
        Vector512<int> marks = Vector512.Create(*(int*)(mask + 2 * index));
        return Avx512F.Expand(
            Vector512<float>.Zero,
            Avx512F.CompareNotEqual(marks & places, Vector512<int>.Zero).AsSingle(),
            Vector512.Load(source));
    }

    // Only the upper half of a lane ever has its bit tested, so that what is put there is a float already.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpandUpper(ushort* source, byte* mask, ulong bits, int index, byte* patterns)
    {
        Vector512<ushort> places = Vector512.Create(
            0x1_0000u, 0x2_0000, 0x4_0000, 0x8_0000, 0x10_0000, 0x20_0000, 0x40_0000, 0x80_0000,
            0x100_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000, 0x8000_0000)
                .AsUInt16();
        Vector512<ushort> marks = index == 0
            ? Vector512.Create(*(ushort*)mask)
            : Vector512.Create(*(uint*)(mask + 2 * index - 2)).AsUInt16();
        return Avx512Vbmi2.Expand(
            Vector512<ushort>.Zero, ~Vector512.Equals(marks & places, Vector512<ushort>.Zero), Vector256.Load(source)
                .ToVector512Unsafe()).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadMask(byte* mask) => *(ulong*)mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint PopCount(ulong bits) => (nuint)Popcnt.X64.PopCount(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> HalfToSingle(Vector512<float> halves)
    {
        Vector512<int> shifted = Avx512F.ShiftRightArithmetic(halves.AsInt32(), Halves.Shift)
            & Vector512.Create(Halves.Bits);
        Vector512<float> finite = shifted.AsSingle() * Vector512.Create(Halves.Scale);
        Vector512<int> isInfinite = Vector512.GreaterThanOrEqual(
            Vector512.Abs(finite),
            Vector512.Create(Halves.Infinite)).AsInt32();
        return (finite.AsInt32() | (isInfinite & Vector512.Create(Halves.Exponent))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> weights, Vector512<float> values, Vector512<float> sum)
        => Avx512F.FusedMultiplyAdd(weights, values, sum);

    public static float Sum(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector512<float> sum = (a + b) + (c + d);
        return Lanes256.Sum(sum.GetLower(), default, sum.GetUpper(), default);
    }
}
