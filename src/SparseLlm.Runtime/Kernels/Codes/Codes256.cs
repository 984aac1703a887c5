using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SparseLlm.Runtime.Kernels.Blocks;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>Codes with AVX2 and FMA.</summary>
internal readonly unsafe struct Codes256 : ICodeLanes
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Place(sbyte* values, byte* mask, int columns, sbyte* codes)
    {
        byte* lower = ExpansionPatterns.WholeByByte;
        byte* upper = ExpansionPatterns.UpperHalfByByte;
        for (nint column = 0; column < columns; column += 16)
        {
            PlaceSixteen(ref values, mask + column / 8, lower, upper).Store(codes + column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread(byte* pairs, int count, sbyte* codes)
    {
        Vector256<short> halves = Vector256.Create((short)0x0F0F);
        Vector256<sbyte> sign = Vector256.Create((sbyte)8);
        for (nint i = 0; i < count; i += 16)
        {
            Ahead.Fetch(pairs + i, 16);
            Vector256<short> pair = Avx2.ConvertToVector256Int16(pairs + i);
            Vector256<sbyte> nibbles = ((pair | Avx2.ShiftLeftLogical(pair, 4)) & halves).AsSByte();
            ((nibbles ^ sign) - sign).Store(codes + 2 * i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ushort* halves, int count, float* floats)
    {
        for (int i = 0; i < count; i += Vector256<float>.Count)
        {
            Lanes256.HalfToSingle(Lanes256.LoadUpper(halves + i)).Store(floats + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> Dot(
        sbyte* codes, float* numbers, float* scales, nint blocks, Vector256<float> sum)
    {
        for (nint block = 0; block < blocks; block++)
        {
            Ahead.Fetch((byte*)codes, CodeRows.Block);
            Vector256<float> products = Single(codes) * Vector256.Load(numbers);
            products = Fma.MultiplyAdd(Single(codes + 8), Vector256.Load(numbers + 8), products);
            products = Fma.MultiplyAdd(Single(codes + 16), Vector256.Load(numbers + 16), products);
            products = Fma.MultiplyAdd(Single(codes + 24), Vector256.Load(numbers + 24), products);
            sum = Fma.MultiplyAdd(products, Avx.BroadcastScalarToVector256(scales + block), sum);
            codes += CodeRows.Block;
            numbers += CodeRows.Block;
        }

        return sum;
    }

    // Codes are put into the uppermost bytes of their lanes, where they count 2^24 times: an exact factor.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> DotPlaced(
        sbyte* values, byte* mask, float* numbers, float* scales, nint blocks, Vector256<float> sum)
    {
        byte* patterns = ExpansionPatterns.UppermostByByte;
        Vector256<float> unit = Vector256.Create(1f / (1 << 24));
        for (nint block = 0; block < blocks; block++)
        {
            Ahead.Fetch((byte*)values, CodeRows.Block);
            ulong bits = *(uint*)mask;
            Vector256<float> products = Placed(values, bits << 5, patterns) * Vector256.Load(numbers);
            products = Fma.MultiplyAdd(
                Placed(values + Popcnt.X64.PopCount(bits & 0xFF), bits >> 3, patterns),
                Vector256.Load(numbers + 8),
                products);
            products = Fma.MultiplyAdd(
                Placed(values + Popcnt.X64.PopCount(bits & 0xFFFF), bits >> 11, patterns),
                Vector256.Load(numbers + 16),
                products);
            products = Fma.MultiplyAdd(
                Placed(values + Popcnt.X64.PopCount(bits & 0xFF_FFFF), bits >> 19, patterns),
                Vector256.Load(numbers + 24),
                products);
            sum = Fma.MultiplyAdd(products, Avx.BroadcastScalarToVector256(scales + block) * unit, sum);
            values += Popcnt.X64.PopCount(bits);
            mask += CodeRows.Block / 8;
            numbers += CodeRows.Block;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Placed(sbyte* values, ulong index, byte* patterns)
        => Avx.ConvertToVector256Single(Avx2.Shuffle(
            Avx2.BroadcastVector128ToVector256((byte*)values),
            Vector256.Load(patterns + (index & 0x1FE0))).AsInt32());

    // Eight columns at a time find their pattern in a table, sixteen are placed by one shuffle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> PlaceSixteen(ref sbyte* values, byte* mask, byte* lower, byte* upper)
    {
        nuint first = mask[0];
        nuint second = mask[1];
        sbyte* middle = values + Popcnt.X64.PopCount(first);
        Vector128<float> value = Sse.LoadHigh(
            Vector128.CreateScalarUnsafe(*(ulong*)values).AsSingle(),
            (float*)middle);
        Vector128<float> pattern = Sse.LoadHigh(
            Vector128.CreateScalarUnsafe(*(ulong*)(lower + 8 * first)).AsSingle(),
            (float*)(upper + 8 * second));
        values = middle + Popcnt.X64.PopCount(second);
        return Ssse3.Shuffle(value.AsSByte(), pattern.AsSByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Single(sbyte* codes)
        => Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(codes));
}
