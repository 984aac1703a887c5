using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SparseLlm.Runtime.Kernels.Lanes;

/// <summary>Four floats, on any machine.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Count => 4;

    public static byte* UpperPatterns => ExpansionPatterns.UpperByNibble;

    public static byte* WholePatterns => ExpansionPatterns.WholeByNibble;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> values, float* target) => values.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadUpper(ushort* source)
        => (Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Expand(float* source, byte* mask, ulong bits, int index, byte* patterns)
        => Place((byte*)source, mask, bits, index, patterns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ExpandUpper(ushort* source, byte* mask, ulong bits, int index, byte* patterns)
        => Place((byte*)source, mask, bits, index, patterns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadMask(byte* mask) => *(ushort*)mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint PopCount(ulong bits) => (nuint)BitOperations.PopCount(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> HalfToSingle(Vector128<float> halves)
    {
        Vector128<int> shifted = (halves.AsInt32() >> Halves.Shift) & Vector128.Create(Halves.Bits);
        Vector128<float> finite = shifted.AsSingle() * Vector128.Create(Halves.Scale);
        Vector128<int> isInfinite = Vector128.GreaterThanOrEqual(
            Vector128.Abs(finite),
            Vector128.Create(Halves.Infinite)).AsInt32();
        return (finite.AsInt32() | (isInfinite & Vector128.Create(Halves.Exponent))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> weights, Vector128<float> values, Vector128<float> sum)
        => sum + weights * values;

    public static float Sum(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        Vector128<float> sum = (a + b) + (c + d);
        return (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Place(byte* source, byte* mask, ulong bits, int index, byte* patterns)
    {
        int marks = (mask[index / 2] >> (4 * (index % 2))) & 0xF;
        Vector128<byte> pattern = Vector128.Load(patterns + 16 * marks);
        Vector128<byte> values = Vector128.Load(source);
        return (Ssse3.IsSupported ? Ssse3.Shuffle(values, pattern)
            : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.VectorTableLookup(values, pattern)
            : Vector128.Shuffle(values, pattern)).AsSingle();
    }
}
